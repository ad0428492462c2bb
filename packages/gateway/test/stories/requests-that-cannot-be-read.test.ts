import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Kit, startKit } from '../kit.ts'

let kit: Kit
beforeAll(async () => {
  kit = await startKit({ config: { shop: { allow: ['GET /**', 'WS /live'] } } })
})
afterAll(() => kit.close())

const login = async (type: string, body: string): Promise<readonly [number, string | null]> => {
  const answer = await kit.call('POST', '/auth/login', { headers: type === '' ? [] : [['content-type', type]], body })
  return [answer.status, answer.header('cloakroom-error')]
}

describe('HTTP-18 a login that cannot be read in one way signs nobody in', () => {
  test.each([
    ['application/json', '{"account":"ada"'],
    ['application/json', '["ada"]'],
    ['application/json', '{"account":"ada"}'],
    ['application/json', '{"account":["ada"],"password":{"a":1}}'],
    ['application/x-www-form-urlencoded', 'account=ada&account=grace&password=x'],
    ['application/x-www-form-urlencoded', ''],
  ])('%s: %s', async (type, body) => {
    expect(await login(type, body)).toEqual([400, 'body_unreadable'])
  })

  test.each(['', 'text/plain', 'multipart/form-data; boundary=x', 'application/jsonp', 'text/plain; application/json'])(
    'CSRF-07 as %j',
    async (type) => {
      expect(await login(type, '{"account":"ada","password":"correct horse battery staple"}')).toEqual([415, 'media_type_refused'])
    },
  )

  test('a larger one than anybody types', async () => {
    expect(await login('application/json', JSON.stringify({ account: 'ada', password: 'x'.repeat(17_000) }))).toEqual([
      413,
      'body_too_large',
    ])
  })
})

test('HTTP-18 a target that is too long', async () => {
  const answer = await kit.call('GET', `/${'x'.repeat(8192)}`)
  expect([answer.status, answer.header('cloakroom-error')]).toEqual([414, 'target_too_long'])
})

test.each([
  ['8', 426, 'upgrade_version'],
  ['14', 426, 'upgrade_version'],
])('CSRF-17 a WebSocket of version %s is not opened, and the answer says which is', async (version, status, code) => {
  const cookie = await kit.signIn()
  const answer = await kit.call('GET', '/api/shop/live', {
    cookie,
    headers: [
      ['connection', 'upgrade'],
      ['upgrade', 'websocket'],
      ['origin', kit.origin],
      ['sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ=='],
      ['sec-websocket-version', version],
    ],
  })
  expect([answer.status, answer.header('cloakroom-error'), answer.header('sec-websocket-version')]).toEqual([status, code, '13'])
  expect(kit.upstream.connections).toBe(0)
})
