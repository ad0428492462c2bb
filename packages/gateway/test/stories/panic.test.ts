import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { type Installation, install, signIn } from '../started.ts'
import { call } from '../call.ts'
import { type Kit, startKit } from '../kit.ts'
import { openedSocket } from '../socket-call.ts'
import { startSocketUpstream } from '../socket-upstream.ts'

let place: Installation | null = null
let kit: Kit | null = null
afterEach(async () => {
  await place?.remove()
  await kit?.close()
  place = kit = null
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

test('REV-09 one command closes everything on a running gateway, says how fast and how to come back; lifting it revives nothing', async () => {
  place = await install('canary-panic-secret-5Rt9')
  const { folder, upstream } = place
  const run = (args: readonly string[]) => (place as Installation).run(args)
  const admin = await freePort()
  place.edit((text) => text.replace('admin: { listen: "127.0.0.1:0" }', `admin: { listen: "127.0.0.1:${admin}" }`))
  const made = await run(['machine-key', 'add', 'report', '--allow', 'shop: GET /**'])
  await run(['signing-key', 'add', 'shop-sign', '--origin', upstream.origin])
  const before = await run(['signing-key', 'public', 'shop-sign'])
  const { port } = await place.start()
  const cookie = await signIn(port)
  const byVisitor = () => call(port, 'GET', '/api/shop/x', { cookie })
  const byProgram = () => call(port, 'GET', '/api/shop/x', { from: 'none', headers: [['authorization', `Bearer ${made.out.trim()}`]] })
  expect([(await byVisitor()).status, (await byProgram()).status]).toEqual([200, 200])
  const reached = upstream.requests.length

  const ran = await run(['panic', '--reason', 'a laptop is gone', '--yes'])
  expect([ran.code, ran.err]).toEqual([0, ''])
  expect(ran.out).toMatch(/^Closed after \d+ ms\.\nThe gateway refuses every call, \d+ ms after you asked/)
  expect(ran.out).toMatch(/sessions +1 ended/)
  expect(ran.out).toMatch(/administrators +0 sessions ended/)
  expect(ran.out).toMatch(/machine keys +1 ended/)
  expect(ran.out).toMatch(/signing keys +1 replaced/)
  expect(ran.out).toContain('cloakroom panic --lift')
  for (const answer of [await byVisitor(), await byProgram(), await call(port, 'GET', '/auth/session', { cookie })]) {
    expect([answer.status, answer.header('cloakroom-error')]).toEqual([503, 'locked_down'])
  }
  const login = await call(port, 'POST', '/auth/login', { json: { account: 'ada', password: 'canary correct horse battery' } })
  expect([login.status, login.header('cloakroom-error')]).toEqual([503, 'locked_down'])
  expect((await call(port, 'GET', '/')).status).toBe(200)
  expect((await call(admin, 'GET', '/healthz', { from: 'none' })).text).toContain('"lockdown"')
  expect(upstream.requests).toHaveLength(reached)

  expect((await run(['panic', '--lift', '--reason', 'keys replaced', '--yes'])).out).toContain('It is open again.')
  expect([(await byVisitor()).header('cloakroom-error'), (await byProgram()).header('cloakroom-error')]).toEqual([
    'session_required',
    'machine_key_refused',
  ])
  const again = await signIn(port)
  expect((await call(port, 'GET', '/api/shop/x', { cookie: again })).status).toBe(200)
  expect((await run(['signing-key', 'public', 'shop-sign'])).out).not.toBe(before.out)
  const kinds = readFileSync(join(folder, 'data', 'audit.jsonl'), 'utf8')
  expect(kinds).toMatch(/"panic\.begun".*"reason":"a laptop is gone"/)
  expect(kinds).toMatch(/"panic\.lifted".*"reason":"keys replaced"/)
  expect((await run(['audit', 'verify'])).code).toBe(0)
}, 120_000)

test('REV-09 a panic without a reason, or without a yes where nobody can be asked, does nothing', async () => {
  place = await install('canary-panic-secret-6Rt9')
  expect((await place.run(['panic', '--yes'])).code).toBe(64)
  expect((await place.run(['panic', '--reason', 'x'])).code).toBe(64)
  expect(await place.run(['panic', '--lift', '--reason', 'x', '--yes'])).toMatchObject({
    code: 1,
    err: expect.stringContaining('Nothing is closed.'),
  })
}, 60_000)

test('REV-09 REV-03 every gateway of the store sees the lock at the next call, and open streams end within a second, also those of nobody', async () => {
  kit = await startKit({
    api: () => startSocketUpstream({}),
    config: { shop: { access: 'public', allow: ['GET /**', 'WS /live/**'], unsafeAllowPublicWrites: true } },
  })
  const twin = await kit.twin()
  const { closed } = await openedSocket(kit, '/api/shop/live/prices', {})
  const at = performance.now()
  await kit.stores.lockdown.set({ since: kit.clock.now, reason: 'test' })
  const codes = await Promise.all([kit, twin].map(async (gateway) => (await gateway.call('GET', '/api/shop/x')).header('cloakroom-error')))
  expect(codes).toEqual(['locked_down', 'locked_down'])
  await closed
  expect(performance.now() - at).toBeLessThan(1500)
})

test('REV-09 a lock that cannot be read counts as shut', async () => {
  kit = await startKit({
    wrapStores: (stores) => ({
      ...stores,
      lockdown: {
        ...stores.lockdown,
        read() {
          throw new Error('disk I/O error')
        },
      },
    }),
  })
  const answer = await kit.call('GET', '/api/shop/x')
  expect(answer.status).toBeGreaterThanOrEqual(500)
  expect(kit.upstream.requests).toHaveLength(0)
})
