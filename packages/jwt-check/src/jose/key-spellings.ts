import type { webcrypto } from 'node:crypto'
import { type Bytes, concat, utf8 } from '../encoding/bytes.ts'
import { type Jwk, publicPart } from './keys.ts'

/** One way in which a public key lies around as bytes, and so may end up as an HMAC secret. */
export type KeySpelling = { readonly name: string; readonly bytes: Bytes }

/**
 * The spellings of a public key that key confusion (RFC 8725bis §2.1) works with: PEM with and without its last line end,
 * with CRLF, PKCS#1 PEM for RSA, DER, and the JWK's JSON. Empty when the platform cannot export the key.
 */
export async function publicKeySpellings(jwk: Jwk): Promise<readonly KeySpelling[]> {
  const der = await subjectPublicKeyInfo(jwk)
  if (der === undefined) return []
  const text = pem('PUBLIC KEY', der)
  const json = { name: 'JWK (JSON)', bytes: utf8(JSON.stringify(publicPart(jwk))) }
  return [
    { name: 'PEM with a final line end', bytes: utf8(text) },
    { name: 'PEM without a final line end', bytes: utf8(text.trimEnd()) },
    { name: 'PEM with CRLF', bytes: utf8(text.replaceAll('\n', '\r\n')) },
    { name: 'DER', bytes: der },
    json,
    ...(jwk['kty'] === 'RSA' ? pkcs1(der) : [{ name: 'PEM body in one line', bytes: utf8(base64(der)) }]),
  ]
}

/** The SubjectPublicKeyInfo DER of a JWK (RFC 5280 §4.1.2.7), or undefined. */
export async function subjectPublicKeyInfo(jwk: Jwk): Promise<Bytes | undefined> {
  const params = paramsFor(jwk)
  if (params === undefined) return undefined
  try {
    const material = Object.fromEntries(
      ['kty', 'crv', 'x', 'y', 'n', 'e'].flatMap((name) => (jwk[name] === undefined ? [] : [[name, jwk[name]]])),
    )
    const key = await crypto.subtle.importKey('jwk', material as webcrypto.JsonWebKey, params, true, ['verify'])
    return new Uint8Array(await crypto.subtle.exportKey('spki', key))
  } catch {
    return undefined
  }
}

function paramsFor(jwk: Jwk): { readonly name: string; readonly hash?: string; readonly namedCurve?: string } | undefined {
  if (jwk['kty'] === 'RSA') return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  if (jwk['kty'] === 'EC' && typeof jwk['crv'] === 'string') return { name: 'ECDSA', namedCurve: jwk['crv'] }
  if (jwk['kty'] === 'OKP' && typeof jwk['crv'] === 'string') return { name: jwk['crv'] }
  return undefined
}

function pkcs1(der: Bytes): readonly KeySpelling[] {
  // SEQUENCE, AlgorithmIdentifier of 15 bytes for rsaEncryption, BIT STRING: the RSAPublicKey starts after its unused-bits byte.
  const start = der.indexOf(0x03, 19)
  const inner = der.slice(start + (der[start + 1] === 0x82 ? 5 : der[start + 1] === 0x81 ? 4 : 3))
  const text = pem('RSA PUBLIC KEY', inner)
  return [
    { name: 'PKCS#1 PEM with a final line end', bytes: utf8(text) },
    { name: 'PKCS#1 PEM without a final line end', bytes: utf8(text.trimEnd()) },
  ]
}

function pem(label: string, der: Bytes): string {
  const lines = base64(der).match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

function base64(der: Bytes): string {
  let binary = ''
  for (const byte of concat(der)) binary += String.fromCharCode(byte)
  return btoa(binary)
}
