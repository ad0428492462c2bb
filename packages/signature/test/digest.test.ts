import { describe, expect, it } from 'vitest'
import { checkContentDigest, contentDigest, signMessage, signingKey, type RequestMessage } from '../src/index.ts'
import { CONTENT, field, gatewayJwk, NOON, ORDER, signed, verdictOn, withField } from './kit.ts'

const SHA256 = 'sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:'
const HELLO = new TextEncoder().encode('{"hello": "world"}')

/** A valid signature over whatever Content-Digest says. */
async function claiming(digest: string): Promise<RequestMessage> {
  const request = withField(ORDER, 'Content-Digest', digest)
  const cover = ['@method', '@authority', '@path', '@query', 'authorization', 'cloakroom-context', 'content-type', 'content-digest']
  const parameters = { created: NOON, expires: NOON + 60, nonce: 'nonce-of-the-digest-test', keyid: 'gw-2026-11', tag: 'cloakroom-v1' }
  const outcome = await signMessage(request, { key: await signingKey(gatewayJwk), label: 'cloakroom', cover, parameters })
  if (!outcome.ok) throw new Error(outcome.detail)
  return { ...request, fields: [...request.fields, ...outcome.value.fields] }
}

describe('Content-Digest (RFC 9530)', () => {
  it('gives the values that RFC 9421 prints in §7.2.8 and Appendix B.2 for {"hello": "world"}', async () => {
    expect(await contentDigest(HELLO)).toBe(SHA256)
    expect(await contentDigest(HELLO, 'sha-512')).toBe(
      'sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:',
    )
  })

  it.each([
    [SHA256, 'ok'],
    [`${SHA256}, sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:`, 'ok'],
    [`blake-9=:AAAA:, ${SHA256}`, 'ok'],
    [`${SHA256}, sha-512=:AAAA:`, 'digest_mismatch'],
    ['sha-256=:AAAA:', 'digest_mismatch'],
    ['blake-9=:AAAA:', 'missing_digest'],
    ['', 'missing_digest'],
    [`${SHA256}, md5=:AAAA:`, 'weak_digest'],
    ['sha=:AAAA:', 'weak_digest'],
    ['unixsum=30637', 'weak_digest'],
    ['crc32c=:AAAA:', 'weak_digest'],
    ['sha-256="X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="', 'malformed'],
    ['sha-256', 'malformed'],
    ['sha-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE', 'malformed'],
    [`${SHA256}, ${SHA256}`, 'malformed'],
    [`${SHA256},`, 'malformed'],
  ])('UPV-05 %s: %s', async (value, expected) => {
    const outcome = await checkContentDigest(value, HELLO)
    expect(outcome.ok ? 'ok' : outcome.problem).toBe(expected)
  })
})

describe('the digest of a signed request (UPV-04, UPV-05)', () => {
  it('content swapped under a kept header, or added to a request without', async () => {
    expect(await verdictOn(await signed(), new TextEncoder().encode('{"item":8}'))).toBe('digest_mismatch')
    expect(await verdictOn(await signed(ORDER, null), CONTENT)).toBe('insufficient_coverage')
    expect(await verdictOn(await signed(), null)).toBe('digest_mismatch')
  })

  it('a signed digest that is weak or not there at all is refused', async () => {
    expect(await verdictOn(await claiming(await contentDigest(CONTENT)))).toBe('accepted')
    expect(await verdictOn(await claiming('md5=:AAAA:'))).toBe('weak_digest')
    expect(await verdictOn(await claiming('blake-9=:AAAA:'))).toBe('missing_digest')
  })

  it('the obsolete Digest field is refused next to a good one', async () => {
    expect(await verdictOn(withField(await signed(), 'Digest', 'SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE='))).toBe('weak_digest')
  })

  it('a client cannot bring its own digest past the signer', async () => {
    const request = await signed(withField(ORDER, 'Content-Digest', 'sha-256=:AAAA:'))
    expect(field(request, 'content-digest')).toBe('sha-256=:AAAA:')
    expect(request.fields.filter(([name]) => name.toLowerCase() === 'content-digest')).toHaveLength(2)
    expect(await verdictOn(request)).toBe('bad_signature')
  })

  it('content may go unsigned where both sides say so, and the reader is then not asked', async () => {
    const request = await signed(ORDER, CONTENT, { content: 'unsigned' })
    expect(await verdictOn(request, CONTENT, { content: 'unsigned' })).toBe('accepted')
    expect(await verdictOn(request, CONTENT)).toBe('insufficient_coverage')
  })
})
