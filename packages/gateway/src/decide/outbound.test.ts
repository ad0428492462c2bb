import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makeApi, makeHead, makeRoute } from '../../test/fixtures.ts'
import { headersOf, type HeaderField } from './headers.ts'
import { mayCarry, outbound, type OutboundHead } from './outbound.ts'
import type { Api } from './policy.ts'

const OPTIONS = { pseudonym: 'cloakroom', identityOnly: true }

function sent(fields: readonly HeaderField[], change: Partial<Api> = {}, options = OPTIONS): OutboundHead {
  const api = makeApi(change)
  return outbound({ ...makeHead(), headers: headersOf(fields) }, makeRoute(api, 'GET /products/**'), options)
}

const OURS: readonly HeaderField[] = [
  ['accept-encoding', 'identity'],
  ['user-agent', 'cloakroom'],
  ['via', '1.1 cloakroom'],
  ['x-request-id', 'request-1'],
]

describe('outbound', () => {
  test('HTTP-02 HTTP-03 the path is the judged one, below the upstream’s own; the query is what came', () => {
    const api = makeApi()
    const at = (path: string, change: Partial<Api> = {}): string =>
      outbound(makeHead({ path, query: 'a=%41' }), makeRoute({ ...api, ...change }, 'GET /**'), OPTIONS).path
    expect(at('/api/shop/products/1')).toBe('/v1/products/1')
    expect(at('/api/shop')).toBe('/v1')
    expect(at('/api/shop', { upstreamPath: '' })).toBe('/')
    expect(at('/api/shop/')).toBe('/v1/')
    expect(sent([]).origin).toBe('https://api.example.com')
  })

  test('HTTP-11 HDR-15 what the gateway writes is there, once', () => {
    expect(sent([]).headers).toEqual(OURS)
  })

  test.each([
    'X-Forwarded-For',
    'x-forwarded-for',
    'X_Forwarded_For',
    'X-Forwarded_For',
    'X-Forwarded-Host',
    'X-Forwarded-Proto',
    'X-Forwarded-Port',
    'X-Forwarded-Prefix',
    'X-Forwarded-User',
    'X_Forwarded_Email',
    'X-Forwarded',
    'Forwarded',
    'FORWARDED',
    'X-Real-IP',
    'X_Real_IP',
    'X-Client-IP',
    'True-Client-IP',
    'X-Cluster-Client-IP',
    'CF-Connecting-IP',
    'Fastly-Client-IP',
    'X-User',
    'X-User-Id',
    'X_User_Id',
    'X-User-Role',
    'Remote-User',
    'X-Remote-User',
    'X-WebAuth-User',
    'Cloakroom-Context',
    'cloakroom_context',
    'Cloakroom-Error',
    'Signature',
    'Signature-Input',
    'SIGNATURE_INPUT',
    'Client-Cert',
    'Client-Cert-Chain',
    'client_cert',
    'X-SSL-Client-Cert',
    'X-Client-Cert',
    'Via',
    'X-Original-URL',
    'X-Rewrite-URL',
    'X-Original-Host',
    'X-HTTP-Method-Override',
    'X-HTTP-Method',
    'X-Method-Override',
    'X_HTTP_Method_Override',
    'X-Host',
    'Host',
    'Connection',
    'TE',
    'Transfer-Encoding',
    'Upgrade',
    'Expect',
    'Content-Length',
    'Cookie',
    'Cookie2',
    'Authorization',
    'Proxy-Authorization',
    'X-Api-Key',
    'Api-Key',
    'apikey',
    'X_API_KEY',
    'X-Auth-Token',
    'X-Access-Token',
    'X-CSRF',
    'Sec-Fetch-Site',
    'Sec-WebSocket-Key',
    'Access-Control-Request-Method',
    'X-Request-Id',
    'X-Envoy-Internal',
  ])('HDR-01 VLT-10 %s of the visitor goes nowhere, even if the configuration names it', (name) => {
    expect(mayCarry(name)).toBe(false)
    const carry = [name, name.toLowerCase()]
    expect(
      sent(
        [
          [name, 'evil'],
          [name, 'evil'],
        ],
        { carry },
      ).headers.filter(([, value]) => value.includes('evil')),
    ).toEqual([])
  })

  test.each(['x-shop', 'idempotency-key', 'openai-beta', 'origin', 'referer', 'user-agent', 'x-csrf-token', 'prefer', 'accept-datetime'])(
    'HDR-03 %s goes out when the API needs it, and only then',
    (name) => {
      expect(mayCarry(name)).toBe(true)
      expect(sent([[name, 'v']]).headers).toEqual(OURS)
      expect(sent([[name, 'v']], { carry: [name] }).headers.filter(([own]) => own === name)).toEqual([[name, 'v']])
    },
  )

  test('HDR-01 an alias of an allowed field is not that field', () => {
    expect(
      sent(
        [
          ['Content_Type', 'text/html'],
          ['x_shop', 'v'],
        ],
        { carry: ['x-shop'] },
      ).headers,
    ).toEqual(OURS)
  })

  test('HDR-01 of two lines that contradict each other the first goes on, lists go whole', () => {
    const { headers } = sent([
      ['Content-Type', 'application/json'],
      ['content-type', 'text/html'],
      ['Range', 'bytes=0-1'],
      ['range', 'bytes=2-3'],
      ['accept', 'a/b'],
      ['accept', 'c/d'],
    ])
    expect(headers.slice(0, -OURS.length)).toEqual([
      ['content-type', 'application/json'],
      ['range', 'bytes=0-1'],
      ['accept', 'a/b'],
      ['accept', 'c/d'],
    ])
  })

  test('HTTP-09 a field that Connection names stays here, and ours cannot be named away', () => {
    const { headers } = sent([
      ['Connection', 'close, Accept, via, x-request-id, user-agent, authorization'],
      ['accept', 'text/html'],
      ['accept-language', 'de'],
    ])
    expect(headers).toEqual([['accept-language', 'de'], ...OURS])
  })

  test('an answer that is not searched may be compressed as the visitor likes', () => {
    expect(sent([['accept-encoding', 'br']], {}, { ...OPTIONS, identityOnly: false }).headers).toContainEqual(['accept-encoding', 'br'])
  })

  test('HDR-03 whatever a visitor sends: only allowed names go out, with values that he sent or we wrote', () => {
    const name = fc.oneof(
      fc.constantFrom(
        'accept',
        'Accept-Language',
        'cookie',
        'x-shop',
        'X-Shop',
        'x_shop',
        'authorization',
        'connection',
        'x-forwarded-for',
      ),
      fc.string({ unit: fc.constantFrom('a', 'X', '-', '_', 'k', 'e', 'y'), minLength: 1 }),
    )
    const allowed = new Set(['accept', 'accept-language', 'x-shop', 'accept-encoding', 'user-agent', 'via', 'x-request-id'])
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.string())), (fields) => {
        const { headers } = sent(fields, { carry: ['x-shop'] })
        expect(headers.slice(-OURS.length)).toEqual(OURS)
        for (const [own, value] of headers.slice(0, -OURS.length)) {
          expect(allowed.has(own)).toBe(true)
          expect(fields.some(([sentName, sentValue]) => sentName.toLowerCase() === own && sentValue === value)).toBe(true)
        }
      }),
    )
  })
})
