import { describe, expect, it } from 'vitest'
import { component, signMessage, signingKey, type Component, type RequestMessage } from '../src/index.ts'
import { CONTENT, field, gatewayJwk, NOON, ORDER, signed, verdictOn, withField } from './kit.ts'

const FULL = ['@method', '@authority', '@path', '@query', 'authorization', 'cloakroom-context', 'content-type', 'content-digest']
const PROFILE = { created: NOON, expires: NOON + 60, nonce: 'nonce-of-the-coverage-test', keyid: 'gw-2026-11', tag: 'cloakroom-v1' }

/** Signs with a chosen coverage, which our own signer would never do. */
async function covering(
  cover: readonly (string | Component)[],
  request: RequestMessage = ORDER,
  parameters: object = PROFILE,
): Promise<RequestMessage> {
  const digested = withField(request, 'Content-Digest', field(await signed(request), 'content-digest'))
  const outcome = await signMessage(digested, { key: await signingKey(gatewayJwk), label: 'any', cover, parameters })
  if (!outcome.ok) throw new Error(outcome.detail)
  return { ...digested, fields: [...digested.fields, ...outcome.value.fields] }
}

describe('what a signature has to cover (UPV-02)', () => {
  it('the whole list is accepted, in any order and with more', async () => {
    expect(await verdictOn(await covering(FULL))).toBe('accepted')
    expect(await verdictOn(await covering(FULL.toReversed()))).toBe('accepted')
    expect(await verdictOn(await covering([...FULL, 'accept-language', 'host']))).toBe('accepted')
  })

  it.each(FULL)('without %s it is refused, valid as the signature may be', async (left) => {
    expect(await verdictOn(await covering(FULL.filter((name) => name !== left)))).toBe('insufficient_coverage')
  })

  it.each(['authorization', 'cloakroom-context', 'content-type', 'content-digest'])(
    '%s with a parameter does not count as covered',
    async (name) => {
      const cover = FULL.map((each) => (each === name ? component(name, { bs: true }) : each))
      expect(await verdictOn(await covering(cover))).toBe('insufficient_coverage')
    },
  )

  it('a field that the owner adds has to be covered when it is there', async () => {
    const request = withField(ORDER, 'X-Api-Key', 'k')
    const coverAlso = ['x-api-key']
    expect(await verdictOn(await signed(request), CONTENT, { coverAlso })).toBe('insufficient_coverage')
    expect(await verdictOn(await signed(request, CONTENT, { coverAlso }), CONTENT, { coverAlso })).toBe('accepted')
    expect(await verdictOn(await signed(), CONTENT, { coverAlso })).toBe('accepted')
  })

  it('a field that appears after signing is refused when it is one of those that count', async () => {
    const request = await signed(withField(withField(ORDER, 'Authorization', null), 'Cloakroom-Context', null))
    expect(await verdictOn(request)).toBe('accepted')
    expect(await verdictOn(withField(request, 'Authorization', 'Bearer stolen'))).toBe('insufficient_coverage')
    expect(await verdictOn(withField(request, 'Cloakroom-Context', 'v=1, sub="admin"'))).toBe('insufficient_coverage')
    expect(await verdictOn(withField(request, 'Content-Encoding', 'gzip'))).toBe('insufficient_coverage')
  })
})

describe('changes after signing (UPV-03)', () => {
  const changes: Readonly<Record<string, (request: RequestMessage) => RequestMessage>> = {
    method: (request) => ({ ...request, method: 'PUT' }),
    path: (request) => ({ ...request, path: '/v1/orders/1' }),
    'letter case in the path': (request) => ({ ...request, path: '/v1/Orders' }),
    'percent-encoding in the path': (request) => ({ ...request, path: '/v1/%6frders' }),
    'slash at the end': (request) => ({ ...request, path: '/v1/orders/' }),
    query: (request) => ({ ...request, query: 'dry=0' }),
    'no query': (request) => ({ ...request, query: null }),
    'order in the query': (request) => ({ ...request, query: 'dry=1&' }),
    authorization: (request) => withField(request, 'Authorization', 'Bearer other'),
    context: (request) => withField(request, 'Cloakroom-Context', 'v=1, sub="u_1"'),
    'content type': (request) => withField(request, 'Content-Type', 'text/plain'),
    'a second Authorization line': (request) => ({ ...request, fields: [...request.fields, ['Authorization', 'Bearer more']] }),
  }
  it.each(Object.entries(changes))('%s: refused', async (_what, change) => {
    expect(await verdictOn(change(await signed()))).toBe('bad_signature')
  })

  it('another authority: refused, even when this API has that name too', async () => {
    const request = { ...(await signed()), authority: 'other.example.test' }
    expect(await verdictOn(request)).toBe('wrong_authority')
    expect(await verdictOn(request, CONTENT, { authority: ['api.example.test', 'other.example.test'] })).toBe('bad_signature')
  })

  it('Host replaced by a proxy: accepted under `ignoreHost`, and only for the name that was signed', async () => {
    const behindProxy = { ...(await signed()), authority: '10.0.0.7:3000' }
    expect(await verdictOn(behindProxy, CONTENT, { ignoreHost: true })).toBe('accepted')
    expect(await verdictOn(behindProxy, CONTENT, { ignoreHost: true, authority: 'other.example.test' })).toBe('bad_signature')
  })

  it('an uncovered Accept-Language: accepted', async () => {
    expect(await verdictOn(withField(await signed(), 'Accept-Language', 'fr'))).toBe('accepted')
  })
})

describe('parameters that have to be there (UPV-07, UPV-08)', () => {
  it.each(['created', 'expires', 'nonce', 'keyid'])('without %s it is refused', async (name) => {
    const parameters = Object.fromEntries(Object.entries(PROFILE).filter(([each]) => each !== name))
    expect(await verdictOn(await covering(FULL, ORDER, parameters))).toBe('missing_parameter')
  })

  it('a nonce that is short enough to guess is refused', async () => {
    expect(await verdictOn(await covering(FULL, ORDER, { ...PROFILE, nonce: 'short' }))).toBe('missing_parameter')
    expect(await verdictOn(await covering(FULL, ORDER, { ...PROFILE, nonce: 'x'.repeat(129) }))).toBe('missing_parameter')
  })
})
