import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Kit, startKit } from '../kit.ts'
import { openedSocket, openSocket } from '../socket-call.ts'
import { type SocketUpstream, startSocketUpstream } from '../socket-upstream.ts'

/** The same-origin policy does not cover WebSockets: a page anywhere may open one here, and the browser sends the visitor's cookie with it. */
let kit: Kit
let upstream: SocketUpstream
let cookie = ''
let before = 0

beforeAll(async () => {
  kit = await startKit({
    api: async () => (upstream = await startSocketUpstream()),
    config: { shop: { allow: ['WS /live'] }, allowedOrigins: ['https://partner.example'] },
  })
  cookie = await kit.signIn()
})
afterAll(() => kit?.close())
beforeEach(() => {
  before = upstream.handshakes.length
})

const foreign = (port: string): readonly (readonly [string, string | null, Record<string, string>?])[] => [
  ['another site', 'https://evil.example'],
  ['a sibling of ours', `http://other.localhost:${port}`],
  ['our name with another port', 'http://localhost:1'],
  ['our name without its port', 'http://localhost'],
  ['our name with another scheme', `https://localhost:${port}`],
  ['our name as the beginning of another', `http://localhost:${port}.evil.example`],
  ['a sandboxed page', 'null'],
  ['a program that names no origin', null],
  ['a program that sends X-CSRF instead of an origin', null, { 'x-csrf': '1' }],
  ['a program that calls itself same-origin without an origin', null, { 'sec-fetch-site': 'same-origin' }],
  ['a cross-site page that some proxy has given our origin', `http://localhost:${port}`, { 'sec-fetch-site': 'cross-site' }],
  ['an allowed name without its scheme', 'http://partner.example'],
  ['an allowed name in capitals', 'https://PARTNER.example'],
  ['an image', `http://localhost:${port}`, { 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'image' }],
]

describe('CSRF-17 a handshake from elsewhere opens nothing, whatever cookie comes with it', () => {
  test.each(foreign('PORT').map(([what], at) => [what, at] as const))('%s', async (_what, at) => {
    const [, origin = null, headers = {}] = foreign(new URL(kit.origin).port)[at] ?? []
    expect(await openSocket(kit, '/api/shop/live', { cookie, origin, headers })).toBe(403)
    expect(upstream.handshakes).toHaveLength(before)
  })

  test('two origins', async () => {
    const { port } = kit.running
    const fields = [
      ['connection', 'Upgrade'],
      ['upgrade', 'websocket'],
      ['sec-websocket-version', '13'],
      ['sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ=='],
      ['origin', `http://localhost:${port}`],
      ['origin', `http://localhost:${port}`],
    ] as const
    const answer = await kit.call('GET', '/api/shop/live', { cookie, from: 'none', headers: fields })
    expect([answer.status, answer.header('cloakroom-error')]).toEqual([403, 'cross_site'])
    expect(upstream.handshakes).toHaveLength(before)
  })
})

describe('CSRF-17 a handshake needs the session that a call needs', () => {
  test.each([
    ['no cookie', undefined, 401],
    ['a made-up cookie', `__Host-Http-session=${'A'.repeat(43)}`, 401],
    ['two cookies', 'twice', 400],
  ])('%s', async (_what, sent, status) => {
    const own = sent === 'twice' ? `${cookie}; ${cookie}` : sent
    expect(await openSocket(kit, '/api/shop/live', own === undefined ? {} : { cookie: own })).toBe(status)
    expect(upstream.handshakes).toHaveLength(before)
  })

  test('a session that has ended', async () => {
    const ended = await kit.signIn()
    await kit.call('POST', '/auth/logout', { cookie: ended })
    expect(await openSocket(kit, '/api/shop/live', { cookie: ended })).toBe(401)
    expect(upstream.handshakes).toHaveLength(before)
  })
})

test.each([
  ['our own page', undefined],
  ['an allowed page', 'https://partner.example'],
])('CSRF-17 %s opens one', async (_what, origin) => {
  const opened = await openedSocket(kit, '/api/shop/live', { cookie, ...(origin === undefined ? {} : { origin }) })
  opened.socket.send('x')
  expect(await opened.next()).toBe('x')
  opened.socket.terminate()
})

test('LOG-02 a refused handshake is in the audit trail', async () => {
  await openSocket(kit, '/api/shop/live', { cookie, origin: 'https://evil.example' })
  await vi.waitFor(() => {
    const lines = kit.auditLines().filter(({ kind, target }) => kind === 'request.refused' && target === 'WS /api/shop/live')
    expect(lines.at(-1)).toMatchObject({ reason: 'cross_site', result: 'refused' })
  })
})
