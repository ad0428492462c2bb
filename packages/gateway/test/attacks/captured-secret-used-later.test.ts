import { acceptsWindowSecret } from '@cloakroom/signature'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Kit, startKit } from '../kit.ts'

const ROOT = 'canary-root-of-a-secret-that-changes-9Qw2Lm4ZkX'

let kit: Kit
beforeAll(async () => {
  kit = await startKit({
    apis: (origin) => ({ timed: { path: '/api/timed', upstream: origin, credential: 'timed-key', allow: ['GET /**'], access: 'login' } }),
  })
  const secret = {
    kind: { is: 'window', seconds: 30 },
    value: Buffer.from(ROOT),
    placement: { kind: 'header', name: 'x-api-key', prefix: '' },
    origins: [kit.upstream.origin],
  } as const
  expect(await kit.vault.add('timed-key', secret, kit.clock.now)).toMatchObject({ kind: 'done' })
})
afterAll(() => kit.close())

/** What the API sees now, and what the visitor gets of it. */
async function captured(): Promise<{ value: string; text: string }> {
  const before = kit.upstream.requests.length
  const { text } = await kit.call('GET', '/api/timed/x', { cookie: await kit.signIn() })
  return { value: kit.upstream.requests[before]?.header('x-api-key') ?? '', text }
}

const accepted = (value: string, afterMs: number): Promise<boolean> =>
  acceptsWindowSecret(value, Buffer.from(ROOT), 30, Math.floor((kit.clock.now + afterMs) / 1000))

test('a secret that was read on the way is worthless a minute later, and its root never travels', async () => {
  const first = await captured()
  expect(await accepted(first.value, 0)).toBe(true)
  expect(await accepted(first.value, 60_000)).toBe(false)
  kit.clock.now += 30_000
  const second = await captured()
  expect(second.value).not.toBe(first.value)
  expect(await accepted(second.value, 0)).toBe(true)
  expect(JSON.stringify(kit.upstream.requests)).not.toContain(ROOT)
})

test('within one window it is one value, up to the last moment of it', async () => {
  const start = Math.ceil(kit.clock.now / 30_000) * 30_000
  const values: string[] = []
  for (const at of [start, start + 500, start + 29_999, start + 30_000]) {
    kit.clock.now = at
    values.push((await captured()).value)
  }
  expect([new Set(values.slice(0, 3)).size, new Set(values).size]).toEqual([1, 2])
})

test('VLT-07 the value of this window is struck out of an answer that echoes it', async () => {
  const { value, text } = await captured()
  expect(value.length).toBe(43)
  expect(text).toContain('x-api-key')
  expect(text).not.toContain(value)
})
