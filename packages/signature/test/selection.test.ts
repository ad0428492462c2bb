import { describe, expect, it } from 'vitest'
import { generateKey, publicJwk, signMessage, signingKey, staticKeys, type FieldLine, type RequestMessage } from '../src/index.ts'
import { RSA_PSS } from './appendix-b.ts'
import { CONTENT, field, gatewayJwk, gatewayKey, NOON, ORDER, signed, verdictOn, withField } from './kit.ts'

function joined(request: RequestMessage, input: string, signature: string): RequestMessage {
  const both = withField(request, 'signature-input', `${field(request, 'signature-input')}, ${input}`)
  return withField(both, 'signature', `${field(request, 'signature')}, ${signature}`)
}

describe('which signature counts (UPV-09)', () => {
  it('the label means nothing', async () => {
    const request = await signed()
    const relabelled = withField(request, 'signature-input', field(request, 'signature-input').replace(/^cloakroom=/, 'x.y-z='))
    expect(await verdictOn(withField(relabelled, 'signature', field(request, 'signature').replace(/^cloakroom=/, 'x.y-z=')))).toBe(
      'accepted',
    )
  })

  it('a signature for somebody else is ignored, valid or not, also with components that we do not know', async () => {
    const request = await signed()
    expect(await verdictOn(joined(request, 'cdn=("@method");tag="cdn"', 'cdn=:AAAA:'))).toBe('accepted')
    expect(await verdictOn(joined(request, 'cdn=("@new-thing");tag="cdn"', 'cdn=:AAAA:'))).toBe('accepted')
    expect(await verdictOn(joined(request, 'cdn=("@method")', 'other=:AAAA:'))).toBe('accepted')
  })

  it('two signatures with our tag are refused, even when both are good', async () => {
    const request = await signed()
    const again = await signed(ORDER, CONTENT, { nonce: () => 'nonce-of-the-second-one' })
    const second = (name: string) => field(again, name).replace(/^cloakroom=/, 'second=')
    expect(await verdictOn(joined(request, second('signature-input'), second('signature')))).toBe('several_signatures')
  })

  it('one label twice is refused: two readers would take different ones', async () => {
    const request = await signed()
    expect(await verdictOn(joined(request, field(request, 'signature-input'), 'x=:AAAA:'))).toBe('malformed')
    expect(await verdictOn(joined(request, 'x=();tag="x"', field(request, 'signature')))).toBe('malformed')
  })

  it('no signature, another tag, no member for the label: refused', async () => {
    const request = await signed()
    expect(await verdictOn(ORDER)).toBe('unsigned')
    expect(await verdictOn(withField(request, 'signature', null))).toBe('unsigned')
    expect(await verdictOn(withField(request, 'signature-input', null))).toBe('unsigned')
    expect(
      await verdictOn(withField(request, 'signature-input', field(request, 'signature-input').replace('cloakroom-v1', 'cloakroom-v2'))),
    ).toBe('unsigned')
    expect(await verdictOn(withField(request, 'signature', field(request, 'signature').replace(/^cloakroom=/, 'other=')))).toBe('unsigned')
  })
})

describe('which key and which algorithm (UPV-06)', () => {
  it('a keyid that nobody knows is refused', async () => {
    expect(await verdictOn(await signed(ORDER, CONTENT, { jwk: { ...gatewayJwk, kid: 'unknown' } }))).toBe('unknown_key')
  })

  it('another key under a known keyid is refused', async () => {
    const other = await generateKey('ed25519', 'gw-2026-11')
    expect(await verdictOn(await signed(ORDER, CONTENT, { jwk: other.privateJwk }))).toBe('bad_signature')
  })

  it.each(['hmac-sha256', 'ecdsa-p256-sha256', 'none', 'ED25519'])('alg="%s" with an ed25519 key is refused', async (alg) => {
    const signedWith = await withAlg(alg)
    expect(await verdictOn(signedWith)).toBe('algorithm_mismatch')
  })

  it('alg="ed25519" with an ed25519 key is accepted', async () => {
    expect(await verdictOn(await withAlg('ed25519'))).toBe('accepted')
  })

  it('the public key used as a shared secret is refused', async () => {
    const jwk = { kty: 'oct', kid: 'gw-2026-11', k: gatewayKey.publicJwk!.x! }
    expect(await verdictOn(await signed(ORDER, CONTENT, { jwk }))).toBe('bad_signature')
  })

  it('RSA is not in the profile, not even with a key that the source knows', async () => {
    const keys = await staticKeys([RSA_PSS])
    const request = await signed(ORDER, CONTENT, { jwk: { ...gatewayJwk, kid: 'test-key-rsa-pss' } })
    expect(await verdictOn(request, CONTENT, { keys })).toBe('algorithm_mismatch')
  })

  it.each(['ed25519', 'ecdsa-p256-sha256', 'hmac-sha256'] as const)('%s signs and verifies', async (algorithm) => {
    const { privateJwk } = await generateKey(algorithm)
    const open = publicJwk(privateJwk)
    const keys = await staticKeys([open.ok ? open.value : privateJwk])
    const request = await signed(ORDER, CONTENT, { jwk: privateJwk })
    expect(await verdictOn(request, CONTENT, { keys })).toBe('accepted')
    expect(await verdictOn({ ...request, method: 'PUT' }, CONTENT, { keys })).toBe('bad_signature')
  })
})

describe('component names (UPV-10)', () => {
  it('a header named @method is never taken for the method', async () => {
    const request = await signed()
    const fake: FieldLine = ['@method', 'GET']
    expect(await verdictOn({ ...request, fields: [fake, ...request.fields] })).toBe('accepted')
    expect(await verdictOn({ ...request, method: 'DELETE', fields: [['@method', 'POST'], ...request.fields] })).toBe('bad_signature')
  })

  it.each([
    ['"@unknown"', 'unknown_component'],
    ['"@signature-params"', 'unknown_component'],
    ['"@method";sf', 'unknown_component'],
    ['"@query-param"', 'unknown_component'],
    ['"date";future', 'unknown_component'],
    ['"date";sf=?0', 'unknown_component'],
    ['"date";bs;sf', 'unknown_component'],
    ['"Date"', 'unknown_component'],
    ['"da te"', 'unknown_component'],
    ['""', 'unknown_component'],
    ['"@method"', 'repeated_component'],
    ['"@path";req', 'missing_component'],
    ['"@status"', 'missing_component'],
    ['"absent"', 'missing_component'],
    ['"absent";tr', 'missing_component'],
    ['"accept-language";sf', 'malformed_component'],
    ['"authorization";key="a"', 'malformed_component'],
    ['date', 'malformed'],
    ['1', 'malformed'],
  ])('a list with %s is refused as %s', async (more, reason) => {
    const request = await signed()
    const input = field(request, 'signature-input').replace('("@method"', `("@method" ${more}`)
    expect(await verdictOn(withField(request, 'signature-input', input))).toBe(reason)
  })
})

async function withAlg(alg: string): Promise<RequestMessage> {
  const base = await signed()
  const cover = ['@method', '@authority', '@path', '@query', 'authorization', 'cloakroom-context', 'content-type', 'content-digest']
  const bare = withField(withField(base, 'signature', null), 'signature-input', null)
  const parameters = { created: NOON, expires: NOON + 60, nonce: 'nonce-of-the-alg-test', alg, keyid: 'gw-2026-11', tag: 'cloakroom-v1' }
  const outcome = await signMessage(bare, { key: await signingKey(gatewayJwk), label: 'cloakroom', cover, parameters })
  if (!outcome.ok) throw new Error(outcome.detail)
  return { ...bare, fields: [...bare.fields, ...outcome.value.fields] }
}
