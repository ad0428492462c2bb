import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { BanWish } from '../../src/decide/ban.ts'
import { type Kit, startKit } from '../kit.ts'

const HOUR = 3_600_000
const EVIL = '198.51.100.66'
let kit: Kit
beforeEach(async () => {
  kit = await startKit({
    config: { trustedProxies: ['127.0.0.1'], site: null },
  })
})
afterEach(() => kit.close())

const from = (address: string) => [['x-forwarded-for', address]] as const
const ban = async (change: Partial<BanWish>) =>
  await kit.stores.bans.add({
    id: 'b-1',
    kind: 'ip.net',
    value: EVIL,
    at: kit.clock.now,
    growth: { firstMs: HOUR, factor: 2, mostMs: 24 * HOUR },
    scope: null,
    rule: null,
    reason: null,
    ...change,
  })

test('a banned address gets 403 with the time to wait, before anything else is asked; others do not notice', async () => {
  const cookie = await kit.signIn()
  await ban({})
  const refused = await kit.call('GET', '/api/shop/products', { cookie, headers: from(EVIL) })
  expect([refused.status, refused.header('cloakroom-error'), refused.header('retry-after')]).toEqual([403, 'banned', '3600'])
  expect(JSON.parse(refused.text)).toMatchObject({ code: 'banned', title: 'You are shut out for a while.' })
  expect(kit.upstream.requests).toHaveLength(0)
  expect((await kit.call('GET', '/api/shop/products', { cookie, headers: from('198.51.100.67') })).status).toBe(200)
  await vi.waitFor(() =>
    expect(kit.auditLines()).toContainEqual(expect.objectContaining({ kind: 'request.refused', reason: 'banned', address: EVIL })),
  )
})

test('a banned address cannot sign in either, but sees its page with its style, and may sign out', async () => {
  await ban({})
  const as = async (method: string, path: string, json?: object) =>
    (await kit.call(method, path, { headers: from(EVIL), ...(json === undefined ? {} : { json }) })).status
  expect(await as('POST', '/auth/login', { account: 'ada', password: 'x' })).toBe(403)
  expect(await as('GET', '/auth/session')).toBe(403)
  expect(await as('GET', '/nowhere')).toBe(403)
  expect(await as('GET', '/auth/style.css')).toBe(200)
  expect(await as('POST', '/auth/logout')).toBe(204)
})

test('a ban holds for all of an IPv6 /64, and for nothing beside it', async () => {
  await ban({ value: '2001:db8:1:2::/64' })
  const as = async (address: string) => (await kit.call('GET', '/auth/session', { headers: from(address) })).status
  expect(await as('2001:db8:1:2::9')).toBe(403)
  expect(await as('2001:db8:1:2:ffff::1')).toBe(403)
  expect(await as('2001:db8:1:3::9')).toBe(200)
})

test('a ban of some routes leaves the others open', async () => {
  await ban({ scope: ['login'] })
  const as = async (method: string, path: string) =>
    (await kit.call(method, path, { headers: from(EVIL), ...(method === 'POST' ? { json: {} } : {}) })).header('cloakroom-error')
  expect(await as('POST', '/auth/login')).toBe('banned')
  expect(await as('GET', '/api/shop/products')).toBe('session_required')
})

test('a ban of an account refuses its sessions wherever they come from; it ends with its time', async () => {
  const cookie = await kit.signIn()
  const [account] = await kit.stores.accounts.list()
  await ban({ kind: 'account', value: account?.id ?? '' })
  const ask = async () => (await kit.call('GET', '/api/shop/products', { cookie })).status
  expect(await ask()).toBe(403)
  kit.clock.now += HOUR / 4
  expect(await ask()).toBe(403)
  await kit.stores.bans.lift('b-1', kit.clock.now)
  expect(await ask()).toBe(200)
})

test('what another gateway on the same store banned is banned here from the next request on, and let in when it lifts it', async () => {
  const cookie = await kit.signIn()
  const twin = await kit.twin()
  const ask = async () => (await twin.call('GET', '/api/shop/products', { cookie, headers: from(EVIL) })).status
  expect(await ask()).toBe(200)
  await ban({})
  expect(await ask()).toBe(403)
  await kit.stores.bans.lift('b-1', kit.clock.now)
  expect(await ask()).toBe(200)
})

test('the admin listener and the health check know no bans', async () => {
  await ban({ value: '127.0.0.1' })
  const answer = await fetch(`http://127.0.0.1:${kit.running.adminPort}/healthz`)
  expect(answer.status).toBe(200)
})
