import { describe, expect, it } from 'vitest'
import {
  checkContentDigest,
  component,
  signMessage,
  signingKey,
  staticKeys,
  verifyMessage,
  verifyingKey,
  type Jwk,
  type Message,
} from '../src/index.ts'
import {
  B24,
  B3,
  B4,
  ECC_P256,
  ED25519,
  REQUEST_CONTENT,
  REQUEST_VECTORS,
  RESPONSE_CONTENT,
  RSA_PSS,
  SHARED_SECRET,
  testRequest,
  testResponse,
} from './appendix-b.ts'
import { verdictOn } from './kit.ts'

async function verdict(message: Message, jwk: Jwk): Promise<string> {
  const key = await verifyingKey(jwk)
  if (!key.ok) throw new Error(key.detail)
  const outcome = await verifyMessage(message, { key: key.value })
  return outcome.ok ? 'verified' : outcome.problem
}

describe('RFC 9421 Appendix B in core mode (UPV-17)', () => {
  it.each(REQUEST_VECTORS)('$section verifies', async ({ key, input, signature }) => {
    expect(await verdict(testRequest(['Signature-Input', input], ['Signature', signature]), key)).toBe('verified')
  })

  it('B.2.4 verifies: a response, ecdsa-p256-sha256', async () => {
    expect(await verdict(testResponse(['Signature-Input', B24.input], ['Signature', B24.signature]), ECC_P256)).toBe('verified')
  })

  it('B.3 verifies: a proxy that ended TLS', async () => {
    expect(await verdict(B3, ECC_P256)).toBe('verified')
  })

  it.each(B4)('B.4 with $what: verifies is $verifies', async ({ message, verifies }) => {
    expect(await verdict(message, ED25519)).toBe(verifies ? 'verified' : 'bad_signature')
  })

  it('the digests of B.2 are those of the contents', async () => {
    const encode = (text: string) => new TextEncoder().encode(text)
    const digestOf = (message: Message) => message.fields.find(([name]) => name === 'Content-Digest')?.[1] ?? ''
    expect(await checkContentDigest(digestOf(testRequest()), encode(REQUEST_CONTENT))).toEqual({ ok: true, value: null })
    expect(await checkContentDigest(digestOf(testResponse()), encode(RESPONSE_CONTENT))).toEqual({ ok: true, value: null })
  })
})

describe('RFC 9421 Appendix B, signing byte for byte', () => {
  it('B.2.5 hmac-sha256', async () => {
    const signed = await signMessage(testRequest(), {
      key: await signingKey(SHARED_SECRET),
      label: 'sig-b25',
      cover: ['date', '@authority', 'content-type'],
      parameters: { created: 1618884473, keyid: 'test-shared-secret' },
    })
    const { input, signature } = REQUEST_VECTORS.find(({ section }) => section.startsWith('B.2.5'))!
    expect(signed.ok && signed.value.fields).toEqual([
      ['signature-input', input],
      ['signature', signature],
    ])
  })

  it('B.2.6 ed25519', async () => {
    const signed = await signMessage(testRequest(), {
      key: await signingKey(ED25519),
      label: 'sig-b26',
      cover: ['date', '@method', '@path', '@authority', 'content-type', 'content-length'],
      parameters: { created: 1618884473, keyid: 'test-key-ed25519' },
    })
    const { input, signature } = REQUEST_VECTORS.find(({ section }) => section.startsWith('B.2.6'))!
    expect(signed.ok && signed.value.fields).toEqual([
      ['signature-input', input],
      ['signature', signature],
    ])
  })

  it('B.2.2 has the signature base that the RFC prints', async () => {
    const signed = await signMessage(testRequest(), {
      key: await signingKey(ED25519),
      label: 'sig',
      cover: ['@authority', 'content-digest', component('@query-param', { name: 'Pet' })],
      parameters: { created: 1618884473, keyid: 'test-key-rsa-pss', tag: 'header-example' },
    })
    expect(signed.ok && signed.value.base.split('\n')).toEqual([
      '"@authority": example.com',
      '"content-digest": sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:',
      '"@query-param";name="Pet": dog',
      '"@signature-params": ("@authority" "content-digest" "@query-param";name="Pet");created=1618884473;keyid="test-key-rsa-pss";tag="header-example"',
    ])
  })
})

describe('RFC 9421 Appendix B in policy mode (UPV-17)', () => {
  const requests = [
    ...REQUEST_VECTORS.map(({ section, input, signature }) => ({
      what: section,
      message: testRequest(['Signature-Input', input], ['Signature', signature]),
    })),
    { what: 'B.3', message: B3 },
    ...B4.map(({ what, message }) => ({ what: `B.4 ${what}`, message })),
  ]

  it.each(requests)('$what is refused: it is old and has no nonce, no expiry and no tag', async ({ message }) => {
    const keys = await staticKeys([RSA_PSS, ECC_P256, ED25519, SHARED_SECRET])
    const authority = ['example.com', 'example.org', 'service.internal.example']
    expect(await verdictOn(message, new TextEncoder().encode(REQUEST_CONTENT), { authority, keys })).toBe('unsigned')
  })
})
