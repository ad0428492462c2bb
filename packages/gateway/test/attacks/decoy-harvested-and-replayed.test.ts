import { afterEach, describe, expect, test } from 'vitest'
import { guardOf } from '../guard-kit.ts'
import { type Kit, startKit } from '../kit.ts'
import catalogue from '../samples/catalogue.json' with { type: 'json' }

/* A scraper is given a catalogue that is not true, takes it for the real one, and uses what he found in it: in paths, queries and bodies. */

let kit: Kit
let open: Kit | null = null
afterEach(async () => {
  await open?.close()
  open = null
})

const GUARD = guardOf(
  `decoys: { catalogue: { sample: ./catalogue.json } }
lists:
  scrapers: { cidr: [198.51.100.0/24] }
`,
  { id: 'harvester', phase: 'event', when: 'event.type == "decoy.canary"', does: '{ ban: { key: ip.net, for: 24h } }' },
  { id: 'scraper', when: 'ip.addr in lists.scrapers', does: '{ decoy: { profile: catalogue, else: { block: 404 } } }' },
)

async function start(guard = GUARD): Promise<void> {
  kit = open = await startKit({
    guard,
    files: { 'catalogue.json': JSON.stringify(catalogue) },
    config: { trustedProxies: ['127.0.0.1'], shop: { allow: ['GET /**', 'POST /**'] } },
  })
}

const from = (address: string) => ['x-forwarded-for', address] as const
const get = (path: string, address: string, cookie?: string) =>
  kit.call('GET', path, { headers: [from(address)], ...(cookie === undefined ? {} : { cookie }) })
type Catalogue = typeof catalogue
const SCRAPER = '198.51.100.7'

test('RATE-08 the decoy has the shape of the sample and none of its values, is the same each time, differs from visitor to visitor, and the API is not asked', async () => {
  await start()
  const first = await get('/api/shop/products', SCRAPER)
  expect(first.status).toBe(200)
  expect(first.header('cloakroom-error')).toBeNull()
  expect(first.header('content-type')).toBe('application/json')
  expect(first.header('cache-control')).toBe('no-store')
  const decoy = JSON.parse(first.text) as Catalogue
  expect(shapeOf(decoy)).toEqual(shapeOf(catalogue))
  for (const [at, { id, price }] of decoy.products.entries()) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(id).not.toBe(catalogue.products[at]?.id)
    expect(price).not.toBe(catalogue.products[at]?.price)
  }
  // What is named twice is the same thing in both places, and no two things look related.
  expect(decoy.next).toContain(decoy.products[1]?.id)
  expect(decoy.products[0]?.id.slice(0, 4)).not.toBe(decoy.products[1]?.id.slice(0, 4))
  expect((await get('/api/shop/products', SCRAPER)).text).toBe(first.text)
  const another = JSON.parse((await get('/api/shop/products', '198.51.100.8')).text) as Catalogue
  expect(another.products.map(({ price }) => price)).not.toEqual(decoy.products.map(({ price }) => price))
  expect((await get('/api/shop/products?page=2', SCRAPER)).text).not.toBe(first.text)
  expect((await kit.call('HEAD', '/api/shop/products', { headers: [from(SCRAPER)] })).text).toBe('')
  expect(kit.upstream.requests).toHaveLength(0)
  await kit.running.close(0)
  expect(kit.auditLines()).toContainEqual(
    expect.objectContaining({ kind: 'decoy.served', rule: 'scraper', reason: 'catalogue', address: SCRAPER, result: 'refused' }),
  )
})

describe('what was harvested comes back, from another address', () => {
  const ways: readonly (readonly [string, (id: string, address: string, cookie: string) => Promise<unknown>])[] = [
    ['path', (id, address, cookie) => get(`/api/shop/products/${id}`, address, cookie)],
    ['query', (id, address, cookie) => get(`/api/shop/products?after=${id}`, address, cookie)],
    [
      'body',
      (id, address, cookie) =>
        kit.call('POST', '/api/shop/orders', { cookie, headers: [from(address)], json: { padding: 'x'.repeat(30_000), items: [{ id }] } }),
    ],
  ]
  test.each(ways)(
    'RATE-08 in a %s: it is known without having been stored, says who harvested it, and the rule shuts its user out',
    async (where, use) => {
      await start()
      const cookie = await kit.signIn()
      const { products } = JSON.parse((await get('/api/shop/products', SCRAPER)).text) as Catalogue
      // The real thing, on the same way, is nobody's canary.
      await use(catalogue.products[0]?.id ?? '', '203.0.113.9', cookie)
      await use(products[0]?.id ?? '', '203.0.113.50', cookie)
      await expect.poll(async () => (await get('/auth/session', '203.0.113.50')).header('cloakroom-error')).toBe('banned')
      expect((await get('/auth/session', '203.0.113.9')).status).toBe(200)
      await kit.running.close(0)
      const lines = kit.auditLines()
      const served = lines.find(({ kind }) => kind === 'decoy.served')?.['detail'] as { decoy: string }
      expect(lines.filter(({ kind }) => kind === 'decoy.canary')).toEqual([
        expect.objectContaining({
          address: '203.0.113.50',
          actor: expect.objectContaining({ account: 'ada' }),
          detail: { where: where === 'body' ? 'body' : 'head', decoy: served.decoy },
        }),
      ])
    },
  )

  test('and a rule can refuse the very request', async () => {
    await start(GUARD.replace('rules:', 'rules:\n  - { id: canary, when: request.presents_canary, then: { block: 403 } }'))
    const { products } = JSON.parse((await get('/api/shop/products', SCRAPER)).text) as Catalogue
    const used = await get(`/api/shop/products/${products[0]?.id}`, '203.0.113.51', await kit.signIn())
    expect(used.header('cloakroom-error')).toBe('blocked')
    expect(kit.upstream.requests).toHaveLength(0)
  })
})

test('RATE-08 nobody who is signed in gets a decoy, nor does anything but a read; they get the block that the rule names', async () => {
  await start()
  const cookie = await kit.signIn()
  for (const answer of [
    await get('/api/shop/products', SCRAPER, cookie),
    await kit.call('POST', '/api/shop/orders', { headers: [from(SCRAPER)], json: {} }),
    await get('/auth/login', SCRAPER),
  ])
    expect([answer.status, answer.header('cloakroom-error')]).toEqual([404, 'not_found'])
  expect(kit.upstream.requests).toHaveLength(0)
})

/** Keys and kinds of values. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => shapeOf(each))
  if (typeof value !== 'object' || value === null) return typeof value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)]))
}
