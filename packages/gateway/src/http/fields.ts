import type { RequestBody } from '../answer.ts'
import type { RequestHead } from '../decide/head.ts'
import { only } from '../decide/headers.ts'
import { GateError } from '../errors.ts'

export type BodyKind = 'json' | 'form'

export type Fields =
  | { readonly kind: 'fields'; readonly from: BodyKind; readonly fields: ReadonlyMap<string, string> }
  | { readonly kind: 'refused'; readonly code: 'media_type_refused' | 'body_too_large' | 'body_unreadable' }

/** Reads a small body of texts: a flat JSON object or a form. A key that comes twice is refused: two readers would pick two values. */
export async function readFields(head: RequestHead, body: RequestBody | null): Promise<Fields> {
  const from = bodyKind(head)
  if (from === null) return { kind: 'refused', code: 'media_type_refused' }
  const bytes = body === null ? Buffer.alloc(0) : await collect(body)
  if (bytes === null) return { kind: 'refused', code: 'body_too_large' }
  const text = decode(bytes)
  const fields = text === null ? null : from === 'json' ? readJson(text) : readForm(text)
  return fields === null ? { kind: 'refused', code: 'body_unreadable' } : { kind: 'fields', from, fields }
}

/**
 * What the content type says, by its essence: `text/plain; application/json` is text (CVE-2026-82468 looked for a substring, and any
 * page could then send what only a script may). Null for everything else, for two fields, another charset or a content coding.
 */
export function bodyKind(head: RequestHead): BodyKind | null {
  const type = only(head.headers, 'content-type')
  if (type.kind !== 'one' || head.headers.get('content-encoding') !== null) return null
  const [essence = '', ...parameters] = type.value.split(';').map((part) => part.trim().toLowerCase())
  if (parameters.some((parameter) => parameter.startsWith('charset=') && !/^charset="?utf-?8"?$/.test(parameter))) return null
  if (essence === 'application/json') return 'json'
  return essence === 'application/x-www-form-urlencoded' ? 'form' : null
}

/** A name, two passwords and a path, each escaped: far below. */
const MOST_BYTES = 16 * 1024

async function collect({ stream, length }: RequestBody): Promise<Buffer | null> {
  if (length !== null && length > MOST_BYTES) return null
  const chunks: Buffer[] = []
  let size = 0
  try {
    // The stream is the request's socket: destroying it would take the answer with it.
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
      const bytes = chunk as Buffer
      size += bytes.length
      if (size > MOST_BYTES) return null
      chunks.push(bytes)
    }
  } catch (cause) {
    throw new GateError('bad_request', 'the body broke off', { cause })
  }
  return Buffer.concat(chunks)
}

function decode(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}

function readJson(text: string): ReadonlyMap<string, string> | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const entries = Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  if (entries.length !== Object.keys(value).length) return null
  // All values are texts, so the text holds two string literals for each key; JSON.parse drops the first of two equal keys.
  const literals = text.match(/"(?:[^"\\]|\\.)*"/gs) ?? []
  return literals.length === entries.length * 2 ? new Map(entries) : null
}

function readForm(text: string): ReadonlyMap<string, string> | null {
  const fields = new Map<string, string>()
  try {
    for (const pair of text.split('&')) {
      if (pair === '') continue
      const equals = pair.indexOf('=')
      const [name, value] = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)]
      const key = plain(name)
      if (fields.has(key)) return null
      fields.set(key, plain(value))
    }
  } catch {
    return null
  }
  return fields
}

function plain(part: string): string {
  return decodeURIComponent(part.replaceAll('+', ' '))
}
