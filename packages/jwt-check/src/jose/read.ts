import { readBase64url } from '../encoding/base64url.ts'
import type { Bytes } from '../encoding/bytes.ts'
import { isJsonObject, type Json, type JsonObject, readJson } from '../encoding/json.ts'
import { readText } from '../encoding/text.ts'
import type { Fault, Jwt, Payload } from './jwt.ts'

/** Largest JWT in characters that is decoded at all; 64 times what a cookie or header carries. */
export const maxJwtLength = 262_144

/** Nested JWTs (RFC 7519 §5.2) are followed this deep; honest ones nest once. */
const maxNesting = 3

const none: Bytes = new Uint8Array(0)

/**
 * Reads a JWT the way a forgiving library would, and records every fault. Never throws, whatever the input.
 * Time and memory grow with the length of the text, which `maxJwtLength` bounds.
 */
export function readJwt(text: string, nesting = 0): Jwt {
  if (text.length > maxJwtLength) {
    const detail = `${text.length} characters, ${maxJwtLength} are read`
    return { kind: 'unreadable', compact: text.slice(0, 64), faults: [{ kind: 'too-large', pointer: '', detail }] }
  }
  const faults: Fault[] = []
  const compact = compactForm(text, faults)
  const parts = partsOf(compact, faults)
  if (parts.length === 3) return signed(compact, parts, faults, nesting)
  if (parts.length === 5) return encrypted(compact, parts, faults)
  faults.push({ kind: 'part-count', pointer: '', detail: `${parts.length} parts` })
  return { kind: 'unreadable', compact, faults }
}

function compactForm(text: string, faults: Fault[]): string {
  if (/\s/.test(text)) faults.push({ kind: 'whitespace', pointer: '' })
  const tight = text.replaceAll(/\s+/g, '')
  if (!tight.startsWith('{')) return tight
  // RFC 8725bis §3.14: a JWT is the compact form only; a JSON serialization is read here just far enough to judge it.
  faults.push({ kind: 'json-serialization', pointer: '' })
  const reading = readJson(text)
  return reading.kind === 'read' ? fromJsonSerialization(reading.value) : tight
}

function fromJsonSerialization(value: Json): string {
  if (!isJsonObject(value)) return ''
  const first = Array.isArray(value['signatures']) ? (value['signatures'] as readonly Json[])[0] : value
  if (!isJsonObject(first)) return ''
  return [first['protected'], value['payload'], first['signature']].map((part) => (typeof part === 'string' ? part : '')).join('.')
}

function partsOf(compact: string, faults: Fault[]): readonly string[] {
  const parts = compact.split('.', 8)
  if ((parts.length === 4 || parts.length === 6) && parts.at(-1) === '') {
    faults.push({ kind: 'trailing-dot', pointer: '' })
    return parts.slice(0, -1)
  }
  return parts
}

function signed(compact: string, parts: readonly string[], faults: Fault[], nesting: number): Jwt {
  const [rawHeader = '', rawPayload = '', rawSignature = ''] = parts
  const header = objectPart(rawHeader, 'header', faults)
  const signature = bytesPart(rawSignature, 'signature', faults)
  if (header === undefined) return { kind: 'unreadable', compact, faults }
  const payload = payloadPart(rawPayload, header, faults, nesting)
  return { kind: 'signed', compact, faults, header, payload, signature, signingInput: `${rawHeader}.${rawPayload}` }
}

function encrypted(compact: string, parts: readonly string[], faults: Fault[]): Jwt {
  const [rawHeader = '', rawKey = '', rawIv = '', rawText = '', rawTag = ''] = parts
  const header = objectPart(rawHeader, 'header', faults)
  const encryptedKey = bytesPart(rawKey, 'encrypted_key', faults)
  const iv = bytesPart(rawIv, 'iv', faults)
  const ciphertext = bytesPart(rawText, 'ciphertext', faults)
  const tag = bytesPart(rawTag, 'tag', faults)
  if (header === undefined) return { kind: 'unreadable', compact, faults }
  return { kind: 'encrypted', compact, faults, header, encryptedKey, iv, ciphertext, tag }
}

function payloadPart(raw: string, header: JsonObject, faults: Fault[], nesting: number): Payload {
  if (header['b64'] === false) return { kind: 'other', value: undefined }
  const text = textOf(bytesPart(raw, 'payload', faults), 'claims', faults)
  const trimmed = text.trim()
  if (nesting < maxNesting && /^[\w-]+(?:\.[\w-]*){2,4}$/.test(trimmed)) return { kind: 'nested', inner: readJwt(trimmed, nesting + 1) }
  const value = jsonOf(text, 'claims', faults)
  if (isJsonObject(value)) return { kind: 'claims', claims: value, text }
  if (value !== undefined) faults.push({ kind: 'not-object', pointer: 'claims' })
  return { kind: 'other', value }
}

function objectPart(raw: string, pointer: string, faults: Fault[]): JsonObject | undefined {
  const value = jsonOf(textOf(bytesPart(raw, pointer, faults), pointer, faults), pointer, faults)
  if (value === undefined) return undefined
  if (isJsonObject(value)) return value
  faults.push({ kind: 'not-object', pointer })
  return undefined
}

function jsonOf(text: string, pointer: string, faults: Fault[]): Json | undefined {
  const reading = readJson(text)
  if (reading.kind === 'read') {
    for (const name of reading.duplicates) faults.push({ kind: 'duplicate-member', pointer: `${pointer}.${name}`, detail: name })
    return reading.value
  }
  const kind = reading.reason === 'depth' ? 'too-deep' : reading.reason === 'members' ? 'too-many-members' : 'not-json'
  faults.push({ kind, pointer, detail: `at character ${reading.at}` })
  return undefined
}

function textOf(bytes: Bytes, pointer: string, faults: Fault[]): string {
  const reading = readText(bytes)
  for (const kind of reading.faults) faults.push({ kind, pointer })
  return reading.text
}

function bytesPart(raw: string, pointer: string, faults: Fault[]): Bytes {
  const reading = readBase64url(raw)
  for (const fault of reading.faults) {
    if (fault === 'padding' || fault === 'trailing-bits') faults.push({ kind: fault, pointer })
    else faults.push({ kind: 'alphabet', pointer, detail: fault })
  }
  return reading.bytes ?? none
}
