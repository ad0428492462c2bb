import { afterEach, describe, expect, test } from 'vitest'
import { guardOf } from '../guard-kit.ts'
import { type Kit, type KitOptions, startKit } from '../kit.ts'

let kit: Kit
let open: Kit | null = null
afterEach(async () => {
  await open?.close()
  open = null
})
async function start(options: KitOptions): Promise<Kit> {
  return (kit = open = await startKit(options))
}
const codes = async (count: number, ...args: Parameters<Kit['call']>): Promise<readonly (string | number)[]> => {
  const seen: (string | number)[] = []
  for (let n = 0; n < count; n += 1) {
    const answer = await kit.call(...args)
    seen.push(answer.header('cloakroom-error') ?? answer.status)
  }
  return seen
}

/** Someone signed in who orders like a machine: the key is worth more than his orders. */
const GUARD = guardOf(
  'signals:\n  orders: { on: request, when: request.method == "POST" && route.api == "shop", key: account, sum: { per: 1h, max: 3 } }',
  {
    id: 'odd-orders',
    when: 'request.method == "POST" && signal.orders.over',
    does: '{ disable_credential: { name: route, else: { block: 403 } } }',
  },
)

describe('RATE-04 a rule that disables the credential', () => {
  test('stops its use on every gateway at once, says so, and stays until a person enables it', async () => {
    await start({ guard: GUARD })
    const twin = await kit.twin()
    const cookie = await kit.signIn()
    expect(await codes(5, 'POST', '/api/shop/orders', { cookie, json: {} })).toEqual([200, 200, 200, 'blocked', 'blocked'])
    expect(kit.upstream.requests).toHaveLength(3)
    // A read that no rule touches needs the same credential.
    expect(await codes(1, 'GET', '/api/shop/products', { cookie })).toEqual(['credential_unavailable'])
    expect((await twin.call('GET', '/api/shop/products', { cookie })).header('cloakroom-error')).toBe('credential_unavailable')
    expect(kit.upstream.requests).toHaveLength(3)
    expect([...(await kit.stores.holds.all()).values()]).toEqual([
      { credential: 'shop-key', since: kit.clock.now, rule: 'odd-orders', reason: null },
    ])
    kit.clock.now += 7 * 3_600_000
    expect(await codes(1, 'GET', '/api/shop/products', { cookie: await kit.signIn() })).toEqual(['credential_unavailable'])
    expect(await kit.stores.holds.remove('shop-key')).toBe(true)
    expect(await codes(1, 'GET', '/api/shop/products', { cookie: await kit.signIn() })).toEqual([200])
    await kit.running.close(0)
    expect(kit.auditLines().filter(({ kind }) => kind === 'credential.disabled')).toEqual([
      expect.objectContaining({ target: 'shop-key', rule: 'odd-orders', actor: expect.objectContaining({ account: 'ada' }) }),
    ])
  })

  test('no stranger can cause it, unless the rule says so; his request gets the block that the rule names', async () => {
    const rule = (more: string) =>
      guardOf('', {
        id: 'odd',
        when: 'request.path.endsWith("/odd")',
        does: `{ disable_credential: { name: shop-key${more}, else: { block: 404 } } }`,
      })
    await start({ guard: rule('') })
    expect(await codes(2, 'GET', '/api/shop/odd')).toEqual(['not_found', 'not_found'])
    expect((await kit.stores.holds.all()).size).toBe(0)
    await kit.close()
    await start({ guard: rule(', by_strangers: true') })
    expect(await codes(1, 'GET', '/api/shop/odd')).toEqual(['not_found'])
    expect([...(await kit.stores.holds.all()).keys()]).toEqual(['shop-key'])
  })

  test('a store that cannot say what is disabled, or cannot note it, refuses: the credential is not used', async () => {
    const down = { all: false, add: false }
    const boom = (): never => {
      throw new Error('the disk is gone')
    }
    await start({
      guard: GUARD,
      wrapStores: (stores) => ({
        ...stores,
        holds: {
          ...stores.holds,
          all: () => (down.all ? boom() : stores.holds.all()),
          add: (hold) => (down.add ? boom() : stores.holds.add(hold)),
        },
      }),
    })
    const cookie = await kit.signIn()
    down.all = true
    expect(await codes(1, 'GET', '/api/shop/products', { cookie })).toEqual(['internal'])
    down.all = false
    down.add = true
    expect(await codes(4, 'POST', '/api/shop/orders', { cookie, json: {} })).toEqual([200, 200, 200, 'internal'])
    expect(kit.upstream.requests).toHaveLength(3)
  })
})
