import { describe, expect, test } from 'vitest'
import { makeApi, makeHead, makeRoute } from '../../test/fixtures.ts'
import { headersOf } from './headers.ts'
import { parseRange, type Range } from './ip.ts'
import { isFromBrowser, type MachineKey, machineOf, readMachineKey, refuseMachineKey } from './machine-key.ts'

const ID = '3f9a01c7d2e4'
const SECRET = 'a'.repeat(43)
const KEY = `cloakroom_mk_${ID}_${SECRET}`
const AT = 1_780_000_000_000

const head = (headers: readonly (readonly [string, string])[], change = {}) => ({
  ...makeHead({ at: AT, ...change }),
  headers: headersOf(headers),
})

describe('a key is read from one Authorization field alone', () => {
  test.each([
    ['Bearer', `Bearer ${KEY}`, { kind: 'one', id: ID, secret: SECRET }],
    ['any case of the scheme', `bEARER   ${KEY}`, { kind: 'one', id: ID, secret: SECRET }],
    ['an SDK’s dummy key', 'Bearer sk-dummy', { kind: 'absent' }],
    ['another scheme', `Basic ${KEY}`, { kind: 'unreadable' }],
    ['no scheme', KEY, { kind: 'unreadable' }],
    ['a short secret', `Bearer ${KEY.slice(0, -1)}`, { kind: 'unreadable' }],
    ['a long secret', `Bearer ${KEY}a`, { kind: 'unreadable' }],
    ['something behind it', `Bearer ${KEY} more`, { kind: 'unreadable' }],
    ['a letter that is none of the alphabet', `Bearer cloakroom_mk_${ID}_${'ä'.repeat(43)}`, { kind: 'unreadable' }],
  ])('%s', (_, value, read) => {
    expect(readMachineKey(head([['authorization', value]]))).toEqual(read)
  })

  test('two of them contradict each other, even when they are the same', () => {
    const line = ['authorization', `Bearer ${KEY}`] as const
    expect(readMachineKey(head([line, line]))).toEqual({ kind: 'unreadable' })
    expect(readMachineKey(head([line, ['authorization', 'Bearer sk-dummy']]))).toEqual({ kind: 'unreadable' })
  })

  test('elsewhere it is not one', () => {
    expect(readMachineKey(head([['x-api-key', KEY]]))).toEqual({ kind: 'absent' })
  })
})

test.each(['sec-fetch-site', 'sec-fetch-mode', 'sec-fetch-storage-access', 'origin', 'referer', 'cookie'])(
  '%s says that a browser sent it',
  (name) => {
    expect(isFromBrowser(head([[name, 'x']]))).toBe(true)
  },
)
test('a program says nothing of that', () => {
  expect(
    isFromBrowser(
      head([
        ['user-agent', 'curl/8'],
        ['accept', '*/*'],
      ]),
    ),
  ).toBe(false)
})

describe('a key is good', () => {
  const api = makeApi()
  const route = makeRoute(api, 'GET /**')
  const key: MachineKey = {
    id: ID,
    name: 'report',
    scopes: [{ api: api.name, method: 'GET', pattern: ['orders', '**'] }],
    roles: [],
    limit: { max: 10, perMs: 60_000, burst: 10 },
    from: [],
    expiresAt: AT + 1,
    revokedAt: null,
    lastUsedAt: null,
  }
  const ranges = [parseRange('203.0.113.0/24'), parseRange('2001:db8::/48')].filter((range): range is Range => range !== null)
  const orders = { path: `${api.prefix}/orders/7` }
  test.each([
    ['for what it was made for', {}, orders, null],
    ['HEAD with GET', {}, { ...orders, method: 'HEAD' }, null],
    ['not for another method', {}, { ...orders, method: 'POST' }, 'machine_key_scope'],
    ['not for another path', {}, { path: `${api.prefix}/products` }, 'machine_key_scope'],
    ['not for another API', { scopes: [{ api: 'other', method: '*', pattern: ['**'] }] }, orders, 'machine_key_scope'],
    ['not without scopes', { scopes: [] }, orders, 'machine_key_scope'],
    ['not at the moment of its end', { expiresAt: AT }, orders, 'machine_key_refused'],
    ['without an end', { expiresAt: null }, orders, null],
    ['not once revoked', { revokedAt: AT - 1 }, orders, 'machine_key_refused'],
    ['from its addresses', { from: ranges }, { ...orders, client: '203.0.113.9' }, null],
    ['from its IPv6 addresses', { from: ranges }, { ...orders, client: '2001:db8:0:7::1' }, null],
    ['not from another address', { from: ranges }, { ...orders, client: '203.0.114.9' }, 'machine_key_refused'],
    ['not from an address that cannot be read', { from: ranges }, { ...orders, client: '' }, 'machine_key_refused'],
  ])('%s', (_, change, request, code) => {
    expect(refuseMachineKey({ ...key, ...change }, head([], request), route)?.code ?? null).toBe(code)
  })

  test('its use is noted once a minute', () => {
    const noted = (lastUsedAt: number | null): unknown => machineOf({ ...key, lastUsedAt }, AT)
    expect([noted(null), noted(AT - 59_999), noted(AT - 60_000)]).toMatchObject([{ note: true }, { note: false }, { note: true }])
  })
})
