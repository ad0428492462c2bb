import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createMachineKeys, type NewKey } from '../../src/account/machine-keys.ts'
import { openedSocket } from '../socket-call.ts'
import { startSocketUpstream } from '../socket-upstream.ts'
import { type Kit, type KitOptions, startKit } from '../kit.ts'

let kit: Kit
afterEach(() => kit?.close())

/** A gateway and a key for it. */
async function start(change: Partial<NewKey> = {}, options: KitOptions = {}): Promise<string> {
  kit = await startKit(options)
  const keys = createMachineKeys({ store: kit.stores.machineKeys, random: randomBytes })
  const wanted = {
    name: 'report',
    scopes: ['shop: GET /**', 'shop: POST /orders'],
    roles: [],
    from: [],
    max: 600,
    perMs: 60_000,
    expiresAt: null,
  }
  const made = await keys.add({ ...wanted, ...change }, kit.clock.now)
  if (made === null) throw new Error('the name is taken')
  return made.key
}

const ask = (key: string, method = 'GET', path = '/api/shop/products') =>
  kit.call(method, path, { from: 'none', headers: [['authorization', `Bearer ${key}`]] })
const code = async (asked: ReturnType<typeof ask>) => (await asked).header('cloakroom-error')

describe('a program with a key', () => {
  test('calls without a session, reads and writes, and the API sees its own secret and not the key', async () => {
    const key = await start()
    expect((await ask(key)).status).toBe(200)
    expect((await ask(key, 'POST', '/api/shop/orders')).status).toBe(200)
    for (const request of kit.upstream.requests) expect(request.header('authorization')).toBe(`Bearer ${kit.secret}`)
    expect(Buffer.concat(kit.upstream.requests.map(({ head }) => head)).toString('latin1')).not.toContain('cloakroom_mk_')
    expect(kit.upstream.requests).toHaveLength(2)
  })

  test('VLT-10 an API with another placement does not see the key either', async () => {
    const key = await start({}, { placement: 'header:x-api-key' })
    expect((await ask(key)).status).toBe(200)
    expect(kit.upstream.requests[0]?.header('authorization')).toBeNull()
  })

  test('may call what its scopes name and what the API allows, and nothing else', async () => {
    const key = await start({ scopes: ['shop: GET /products/**', 'shop: DELETE /orders'] })
    expect((await ask(key)).status).toBe(200)
    expect(await code(ask(key, 'GET', '/api/shop/orders'))).toBe('machine_key_scope')
    expect(await code(ask(key, 'DELETE', '/api/shop/orders'))).toBe('method_not_allowed')
    expect(kit.upstream.requests).toHaveLength(1)
  })

  test('needs the role that a route asks for', async () => {
    const key = await start({}, { config: { shop: { access: { role: 'staff' } } } })
    expect(await code(ask(key))).toBe('role_required')
    await kit.close()
    const staff = await start({ roles: ['staff'] }, { config: { shop: { access: { role: 'staff' } } } })
    expect((await ask(staff)).status).toBe(200)
  })

  test('opens APIs only: the website and the gateway’s own endpoints take no key', async () => {
    const key = await start()
    expect((await ask(key, 'GET', '/auth/session')).text).toBe('{"active":false}')
    expect(await code(ask(key, 'POST', '/auth/logout'))).toBe('csrf_header_missing')
  })

  test('REV-01 is refused from the call after its revocation on', async () => {
    const key = await start()
    expect((await ask(key)).status).toBe(200)
    await kit.stores.machineKeys.revoke(key.split('_')[2] ?? '', kit.clock.now)
    expect(await code(ask(key))).toBe('machine_key_refused')
    expect(kit.upstream.requests).toHaveLength(1)
  })

  test('is refused from the moment of its end on', async () => {
    const key = await start({ expiresAt: Date.UTC(2026, 10, 23, 13) })
    kit.clock.now = Date.UTC(2026, 10, 23, 13) - 1
    expect((await ask(key)).status).toBe(200)
    kit.clock.now += 1
    expect(await code(ask(key))).toBe('machine_key_refused')
  })

  test('is refused from another address than its own', async () => {
    expect(await code(ask(await start({ from: ['203.0.113.0/24'] })))).toBe('machine_key_refused')
    await kit.close()
    expect((await ask(await start({ from: ['127.0.0.0/8'] }))).status).toBe(200)
  })

  test('RATE-01 makes as many calls as its rate, then waits, whatever address it comes from', async () => {
    const key = await start({ max: 3, perMs: 60_000 })
    for (let n = 0; n < 3; n += 1) expect((await ask(key)).status).toBe(200)
    const refused = await ask(key)
    expect([refused.status, refused.header('cloakroom-error'), refused.header('retry-after')]).toEqual([429, 'machine_key_rate', '20'])
    kit.clock.now += 20_000
    expect((await ask(key)).status).toBe(200)
  })

  test('is seen by its owner: when and from where it was used last', async () => {
    const key = await start()
    await ask(key)
    expect(await kit.stores.machineKeys.list()).toMatchObject([{ lastUsedAt: kit.clock.now, lastAddress: '127.0.0.1' }])
    kit.clock.now += 30_000
    await ask(key)
    expect((await kit.stores.machineKeys.list())[0]?.lastUsedAt).toBe(kit.clock.now - 30_000)
  })

  test('LOG-01 what it was refused is on its account in the audit trail, and the key is in no line of it', async () => {
    const key = await start({ scopes: ['shop: GET /orders'] })
    await ask(key)
    await vi.waitUntil(() => kit.auditLines().some(({ reason }) => reason === 'machine_key_scope'))
    const line = kit.auditLines().find(({ reason }) => reason === 'machine_key_scope')
    expect(line?.['actor']).toEqual({ via: 'machine-key', account: 'report', session: key.split('_')[2] })
    expect(JSON.stringify(kit.auditLines())).not.toContain(key.split('_').slice(3).join('_'))
  })

  test('REV-03 loses its open WebSocket within a second of its revocation', async () => {
    const key = await start(
      { scopes: ['shop: WS /**'] },
      { api: () => startSocketUpstream({}), config: { shop: { allow: ['WS /live/**'] } } },
    )
    const headers = { authorization: `Bearer ${key}` }
    const { closed } = await openedSocket(kit, '/api/shop/live/prices', { headers, origin: null })
    const revokedAt = performance.now()
    await kit.stores.machineKeys.revoke(key.split('_')[2] ?? '', kit.clock.now)
    await closed
    expect(performance.now() - revokedAt).toBeLessThan(1500)
  })
})

test('a store that is down lets no key pass', async () => {
  const broken = { is: false }
  const key = await start(
    {},
    {
      wrapStores: (stores) => ({
        ...stores,
        machineKeys: {
          ...stores.machineKeys,
          find(id) {
            if (broken.is) throw new Error('disk I/O error')
            return stores.machineKeys.find(id)
          },
        },
      }),
    },
  )
  broken.is = true
  expect(await code(ask(key))).toBe('store_unavailable')
  expect(kit.upstream.requests).toHaveLength(0)
})
