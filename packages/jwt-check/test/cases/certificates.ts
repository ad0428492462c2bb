import { base64url } from '../../src/encoding/base64url.ts'
import { type Bytes, concat, utf8 } from '../../src/encoding/bytes.ts'
import { subjectPublicKeyInfo } from '../../src/jose/key-spellings.ts'
import { publicPart } from '../../src/jose/keys.ts'
import { type Case, ecKey, keys, open, otherEcKey, raw } from './make.ts'

// A certificate in DER, built here by hand: the checker reads dates and key, never the signature.
function der(tag: number, ...parts: readonly Uint8Array[]): Bytes {
  const content = concat(...parts)
  const length = content.length < 128 ? [content.length] : [0x82, content.length >> 8, content.length & 255]
  return concat(Uint8Array.of(tag, ...length), content)
}

function certificate(from: string, to: string, key: Bytes, timeTag = 0x17): string {
  const validity = der(0x30, der(timeTag, utf8(from)), der(timeTag, utf8(to)))
  const body = der(0x30, der(0xa0, der(2, Uint8Array.of(2))), der(2, Uint8Array.of(1)), der(0x30), der(0x30), validity, der(0x30), key)
  return Buffer.from(der(0x30, body, der(0x30), der(3, Uint8Array.of(0)))).toString('base64')
}

const own = (await subjectPublicKeyInfo(ecKey)) ?? new Uint8Array(0)
const foreign = (await subjectPublicKeyInfo(otherEcKey)) ?? new Uint8Array(0)
const valid = certificate('200101000000Z', '400101000000Z', own)
const thumbprint = base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(Buffer.from(valid, 'base64')))))
const withCert =
  (more: Record<string, unknown>): Case['parts'] =>
  () => ({ keySets: [keys([{ ...publicPart(ecKey), ...(more as object) }])] })

export const certificateCases: readonly Case[] = [
  {
    id: 'JWT-48',
    name: 'an expired certificate',
    parts: withCert({ x5c: [certificate('200101000000Z', '250101000000Z', own)] }),
    fires: { pointer: 'keys[0].x5c', reason: 'expired', times: 1 },
  },
  {
    id: 'JWT-48',
    name: 'a certificate of the last century',
    parts: withCert({ x5c: [certificate('990101000000Z', '991231235959Z', own)] }),
    fires: { pointer: 'keys[0].x5c', reason: 'expired' },
  },
  {
    id: 'JWT-48',
    name: 'a certificate of the future',
    parts: withCert({ x5c: [certificate('20300101000000Z', '20400101000000Z', own, 0x18)] }),
    fires: { pointer: 'keys[0].x5c', reason: 'not valid yet', times: 1 },
  },
  {
    id: 'JWT-48',
    name: 'a certificate for another key',
    parts: withCert({ x5c: [certificate('200101000000Z', '400101000000Z', foreign)] }),
    fires: { pointer: 'keys[0].x5c', reason: 'another key', times: 1 },
  },
  { id: 'JWT-48', name: 'a SHA-1 thumbprint alone', parts: withCert({ x5t: 'abc' }), fires: { pointer: 'keys[0].x5t', reason: 'SHA-1' } },
  {
    id: 'JWT-48',
    name: 'a thumbprint of something else',
    parts: withCert({ x5c: [valid], 'x5t#S256': thumbprint.replace(/^./, (c) => (c === 'A' ? 'B' : 'A')) }),
    fires: { pointer: 'keys[0].x5t#S256', times: 1 },
  },
  ...['AAAA', 'not base64!', valid.slice(0, 40), 7].map((x5c): Case => ({
    id: 'JWT-48',
    name: `an x5c that is no certificate (${String(x5c).slice(0, 12)})`,
    parts: withCert({ x5c: [x5c] }),
    fires: { pointer: 'keys[0].x5c', reason: 'cannot be read' },
  })),
  {
    id: 'JWT-48',
    name: 'an expired certificate in a header',
    parts: () => ({ jwts: [raw({ alg: 'ES256', x5c: [certificate('200101000000Z', '250101000000Z', own)], jwk: publicPart(ecKey) })] }),
    fires: { pointer: 'header.x5c', reason: 'expired', times: 1 },
  },
  {
    id: 'JWT-48',
    name: 'a certificate in force, of this key, with its SHA-256 thumbprint',
    parts: withCert({ x5c: [valid], x5t: 'abc', 'x5t#S256': thumbprint }),
  },
  { id: 'JWT-48', name: 'keys and headers without certificates', parts: () => ({ keySets: open(ecKey), jwts: [raw({ alg: 'ES256' })] }) },
]
