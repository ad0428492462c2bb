import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { cloakroom, type emptyFolder, installation } from './run.ts'

let made: Awaited<ReturnType<typeof installation>>
let folder: ReturnType<typeof emptyFolder>
beforeAll(async () => {
  made = await installation('canary-4Zk8Qw2LmX90pR7s')
})
afterAll(() => made.remove())
beforeEach(() => {
  folder = made.copy()
})
afterEach(() => folder.remove())

const run = (...args: readonly string[]) => cloakroom(['ban', ...args], { cwd: folder.path })

test('an address is shut out, shown and let in again', async () => {
  expect(await run('list')).toMatchObject({ code: 0, out: 'Nobody is shut out.\n' })
  const added = await run('add', '198.51.100.7', '--for', '2h', '--reason', 'scans for .env')
  expect(added.out).toMatch(/^198\.51\.100\.7 is shut out until .*Z\. Undo it with: cloakroom ban lift [0-9a-f]{12}\n$/)
  expect((await run('list')).out).toMatch(/ip\.net {2}198\.51\.100\.7 {2}since .* by hand {2}scans for \.env\n$/)
  expect(await run('add', '198.51.100.7')).toMatchObject({ code: 1, err: expect.stringContaining('Lift it first: cloakroom ban lift') })
  expect(await run('lift', '198.51.100.7')).toMatchObject({ code: 0, out: '198.51.100.7 may come in again.\n' })
  expect(JSON.parse((await run('list', '--json')).out)).toEqual([])
  const audit = readFileSync(join(folder.path, 'data/audit.jsonl'), 'utf8')
  expect(audit).toContain('"kind":"ban.started"')
  expect(audit).toContain('"kind":"ban.lifted"')
})

test('of IPv6 the whole /64 is shut out, however the address is written', async () => {
  expect((await run('add', '2001:DB8:0:1:2::3')).out).toMatch(/^2001:db8:0:1::\/64 is shut out/)
  expect((await run('lift', '2001:db8:0:1::99')).code).toBe(0)
})

test('an account is banned by its name', async () => {
  await cloakroom(['account', 'add', 'ada'], { cwd: folder.path, input: 'canary correct horse battery\n' })
  expect((await run('add', '--account', 'Ada')).out).toMatch(/^ada is shut out/)
  expect(JSON.parse((await run('list', '--json')).out)).toMatchObject([{ kind: 'account', value: 'ada', rule: null }])
  expect((await run('lift', '--all')).out).toBe('ada may come in again.\n')
})

test.each([
  [['add'], 64, 'Say who is to be shut out'],
  [['add', '198.51.100.7', '--account', 'ada'], 64, 'in one way'],
  [['add', '198.51.100.7', '--for', '5'], 64, '--for is not a time'],
  [['add', '198.51.100.7', '--for', '400d'], 64, 'longer than a year'],
  [['add', 'example.com'], 1, 'That is no address'],
  [['add', '--account', 'nobody'], 1, 'There is no account of that name'],
  [['add', '--session', 'abcdef'], 1, 'No session, or more than one'],
  [['lift'], 64, 'Say who is to be let in'],
  [['lift', '192.0.2.1'], 1, 'Nobody of that name is shut out'],
] as const)('ban %j: said what is wrong', async (args, code, text) => {
  const ran = await run(...args)
  expect({ code: ran.code, err: ran.err }).toEqual({ code, err: expect.stringContaining(text) })
})

test('a proxy through which all visitors come is never banned', async () => {
  const file = join(folder.path, 'cloakroom.yaml')
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^trustedProxies:.*$/m, 'trustedProxies: [192.0.2.0/24]'))
  expect(await run('add', '192.0.2.7')).toMatchObject({ code: 1, err: expect.stringContaining('is a trusted proxy') })
})
