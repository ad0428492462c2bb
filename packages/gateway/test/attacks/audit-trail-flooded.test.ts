import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { AuditEvent } from '@cloakroom/contract'
import { afterEach, expect, test } from 'vitest'
import { type Kit, startKit } from '../kit.ts'

let kit: Kit | null = null
afterEach(async () => {
  await kit?.close()
  kit = null
})

test('LOG-01 thousands of refusals by strangers fill neither the trail nor the disk, and what a signed-in account did is all there', async () => {
  kit = await startKit()
  const running = kit
  const cookie = await running.signIn()
  const flood = async (count: number) => {
    const strangers = Array.from({ length: count }, () => running.call('GET', '/api/shop/products/1'))
    for (const { status } of await Promise.all(strangers)) expect(status).toBe(401)
  }
  for (let round = 0; round < 20; round += 1) {
    await flood(100)
    // A refusal of somebody whom we know, in the midst of it.
    expect(
      (
        await running.call('GET', '/api/shop/products/1', {
          cookie,
          headers: [
            ['sec-fetch-site', 'same-origin'],
            ['sec-fetch-dest', 'empty'],
          ],
        })
      ).status,
    ).toBe(200)
  }
  await running.running.close(0)
  const file = join(running.folder, 'data', 'audit.jsonl')
  const events = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as AuditEvent)
  const refused = events.filter(({ kind }) => kind === 'request.refused')
  const folded = events.filter(({ kind }) => kind === 'audit.folded')
  expect(refused).toHaveLength(60)
  expect(folded.map(({ reason, detail }) => [reason, detail['kind'], detail['firstAddress'], detail['lastAddress']])).toContainEqual([
    'session_required',
    'request.refused',
    '127.0.0.1',
    '127.0.0.1',
  ])
  // Nobody is missing: what has no line of its own is counted.
  expect(refused.length + folded.reduce((sum, { detail }) => sum + Number(detail['count']), 0)).toBe(2000)
  expect(statSync(file).size).toBeLessThan(60_000)
  expect(events.some(({ kind, actor }) => kind === 'login.succeeded' && actor.account === 'ada')).toBe(true)
})

test('LOG-01 a signed-in account’s refusals are written one by one, however many there are', async () => {
  kit = await startKit({ config: { shop: { access: { role: 'staff' } } } })
  const cookie = await kit.signIn()
  for (let count = 0; count < 150; count += 1) expect((await kit.call('GET', '/api/shop/products/1', { cookie })).status).toBe(403)
  await kit.running.close(0)
  const text = readFileSync(join(kit.folder, 'data', 'audit.jsonl'), 'utf8')
  expect(text.split('\n').filter((line) => line.includes('"role_required"')).length).toBe(150)
})
