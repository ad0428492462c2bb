import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createMachineKeys } from '../../src/account/machine-keys.ts'
import { type Kit, startKit } from '../kit.ts'

/** Somebody builds the key of a program into a website, or adds one to a call of a signed-in visitor. */
let kit: Kit
let key: string
beforeEach(async () => {
  kit = await startKit({ config: { allowedOrigins: ['https://partner.example'] } })
  const keys = createMachineKeys({ store: kit.stores.machineKeys, random: randomBytes })
  const scopes = ['shop: GET /**', 'shop: POST /orders']
  const made = await keys.add({ name: 'report', scopes, roles: [], from: [], max: 100, perMs: 60_000, expiresAt: null }, kit.clock.now)
  key = made?.key ?? ''
})
afterEach(() => kit.close())

const send = (headers: readonly (readonly [string, string])[], method = 'GET') =>
  kit.call(method, method === 'GET' ? '/api/shop/products' : '/api/shop/orders', {
    from: 'none',
    headers: [['authorization', `Bearer ${key}`], ...headers],
  })

describe('the key of a program does not work in a browser', () => {
  test.each([
    [
      'from our own page',
      [
        ['sec-fetch-site', 'same-origin'],
        ['sec-fetch-mode', 'cors'],
        ['sec-fetch-dest', 'empty'],
      ],
    ],
    ['from an old browser that says its origin only', [['origin', 'http://localhost']]],
    [
      'from an origin that may call',
      [
        ['origin', 'https://partner.example'],
        ['sec-fetch-site', 'cross-site'],
      ],
    ],
    [
      'from a page elsewhere',
      [
        ['origin', 'https://evil.example'],
        ['sec-fetch-site', 'cross-site'],
      ],
    ],
    [
      'opened as a page',
      [
        ['sec-fetch-site', 'none'],
        ['sec-fetch-mode', 'navigate'],
      ],
    ],
    ['with a referrer', [['referer', 'http://localhost/']]],
    ['with a cookie of any kind', [['cookie', 'theme=dark']]],
  ] as const)('%s', async (_, headers) => {
    for (const method of ['GET', 'POST']) {
      const refused = await send(headers, method)
      expect([refused.status, refused.header('cloakroom-error')]).toEqual([403, 'machine_key_in_browser'])
    }
    expect(kit.upstream.requests).toHaveLength(0)
  })

  test('a key beside a session lends neither of them to the other', async () => {
    const cookie = await kit.signIn()
    for (const authorization of [`Bearer ${key}`, `Bearer ${key.slice(0, -1)}x`, `Basic ${key}`]) {
      const refused = await kit.call('GET', '/api/shop/products', { cookie, headers: [['authorization', authorization]] })
      expect(refused.header('cloakroom-error')).toBe('machine_key_in_browser')
    }
    expect(kit.upstream.requests).toHaveLength(0)
  })
})

describe('a key that is not one opens nothing', () => {
  const wrong = (change: (parts: string[]) => void): string => {
    const parts = [key.slice(0, 13), key.slice(13, 25), key.slice(26)]
    change(parts)
    return `${parts[0]}${parts[1]}_${parts[2]}`
  }
  test.each([
    ['the secret of another', () => wrong((parts) => (parts[2] = randomBytes(32).toString('base64url')))],
    ['the public part of another', () => wrong((parts) => (parts[1] = '000000000000'))],
    [
      'its last letter changed',
      () => wrong((parts) => (parts[2] = `${parts[2]?.slice(0, -1)}${parts[2]?.endsWith('A') === true ? 'B' : 'A'}`)),
    ],
    ['its hash instead of its secret', () => wrong((parts) => (parts[2] = 'digest'.padEnd(43, '_')))],
    ['quotes in it', () => wrong((parts) => (parts[1] = "' OR 1=1 --"))],
  ])('%s', async (_, make) => {
    const refused = await kit.call('GET', '/api/shop/products', { from: 'none', headers: [['authorization', `Bearer ${make()}`]] })
    expect([refused.status, refused.header('cloakroom-error')]).toEqual([401, 'machine_key_refused'])
    expect(kit.upstream.requests).toHaveLength(0)
  })

  test('and makes no visitor of one who would otherwise be let in', async () => {
    await kit.close()
    kit = await startKit({ config: { shop: { access: 'public', allow: ['GET /**'] } } })
    const plain = await kit.call('GET', '/api/shop/products', { from: 'none' })
    const keyed = await kit.call('GET', '/api/shop/products', { from: 'none', headers: [['authorization', `Bearer ${key}`]] })
    expect([plain.status, keyed.status]).toEqual([200, 401])
  })
})
