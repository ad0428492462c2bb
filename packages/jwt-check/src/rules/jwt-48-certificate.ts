import { base64url } from '../encoding/base64url.ts'
import { sameBytes } from '../encoding/bytes.ts'
import { isJsonObject, type Json, type JsonObject } from '../encoding/json.ts'
import { type Certificate, readCertificate } from '../jose/certificate.ts'
import { subjectPublicKeyInfo } from '../jose/key-spellings.ts'
import type { Jwk } from '../jose/keys.ts'
import { headerOf } from '../jose/jwt.ts'
import type { Remark, Rule } from '../rule.ts'
import type { Note } from './each.ts'

/** Certificates beside a key: in force, of that key, with a thumbprint that means something. */
export const certificate: Rule = {
  id: 'JWT-48',
  title: 'Certificate expired, foreign or marked by SHA-1 only',
  severity: 'warning',
  source: 'RFC 7515 §4.1.6-4.1.8; RFC 7517 §4.7-4.9',
  why: 'A certificate that does not match its key, or a SHA-1 thumbprint that can be imitated, certifies nothing.',
  remedy: 'Renew the certificate, derive "x5c" and JWK from the same key, and use "x5t#S256".',
  check: async (scene) => {
    const out: Remark[] = []
    for (const set of scene.keySets) {
      for (const [index, jwk] of set.keys.entries()) out.push(...place(await judge(jwk, jwk, scene.now), set.label, `keys[${index}]`))
    }
    for (const { label, jwt } of scene.subjects) {
      const header = headerOf(jwt) ?? {}
      out.push(...place(await judge(header, isJsonObject(header['jwk']) ? header['jwk'] : undefined, scene.now), label, 'header'))
    }
    return out
  },
}

async function judge(holder: JsonObject, jwk: Jwk | undefined, now: number): Promise<readonly Note[]> {
  const sha1Only = holder['x5t'] !== undefined && holder['x5t#S256'] === undefined
  const notes: Note[] = sha1Only ? [{ pointer: 'x5t', reason: 'Only the SHA-1 thumbprint is given.' }] : []
  const chain = holder['x5c']
  if (chain === undefined) return notes
  const first: Json | undefined = Array.isArray(chain) ? (chain as readonly Json[])[0] : undefined
  const read = typeof first === 'string' ? readCertificate(first) : undefined
  if (read === undefined) return [...notes, { pointer: 'x5c', reason: 'The first certificate cannot be read.' }]
  return [...notes, ...validity(read, now), ...(await identity(read, holder, jwk))]
}

function validity({ notBefore, notAfter }: Certificate, now: number): readonly Note[] {
  if (now > notAfter) return [{ pointer: 'x5c', reason: 'The certificate has expired.' }]
  return now < notBefore ? [{ pointer: 'x5c', reason: 'The certificate is not valid yet.' }] : []
}

async function identity(read: Certificate, holder: JsonObject, jwk: Jwk | undefined): Promise<readonly Note[]> {
  const notes: Note[] = []
  const thumbprint = base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', read.der)))
  if (holder['x5t#S256'] !== undefined && holder['x5t#S256'] !== thumbprint)
    notes.push({ pointer: 'x5t#S256', reason: 'The thumbprint is not that of the certificate.' })
  const own = jwk === undefined ? undefined : await subjectPublicKeyInfo(jwk)
  if (own !== undefined && !sameBytes(own, read.publicKeyInfo))
    notes.push({ pointer: 'x5c', reason: 'The certificate is for another key than the JWK.' })
  return notes
}

function place(notes: readonly Note[], at: string, prefix: string): readonly Remark[] {
  return notes.map((note) => ({ ...note, at, pointer: `${prefix}.${note.pointer}` }))
}
