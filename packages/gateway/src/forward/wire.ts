import { foldName, type HeaderField } from '../decide/headers.ts'
import type { OutboundHead } from '../decide/outbound.ts'
import { GateError } from '../errors.ts'

/** Fields that frame a message or name its receiver. The connection writes its own; one from elsewhere could cut a message in two. */
const OWN = new Set([
  'host',
  'connection',
  'keep-alive',
  'proxy-connection',
  'content-length',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'expect',
])

/** The head's fields as undici takes them, names and values in turn. `length` is the body's, null for chunked or none. Throws GateError `internal`. */
export function wireFields(request: OutboundHead, length: number | null): string[] {
  const flat: string[] = []
  for (const [name, value] of request.headers) {
    // undici would send a foreign Host as it is (RFC 9110 §7.2: it decides who answers).
    if (OWN.has(foldName(name))) throw new GateError('internal', `the field ${name} was about to be sent upstream`)
    flat.push(name, value)
  }
  if (length !== null) flat.push('content-length', String(length))
  return flat
}

/** Origin-form (RFC 9112 §3.2.1). undici takes an absolute URL as a path too, which would name another server. Throws GateError `internal`. */
export function wireTarget({ path, query }: OutboundHead): string {
  if (!path.startsWith('/') || path.startsWith('//')) throw new GateError('internal', 'a target that is not in origin-form')
  return query === '' ? path : `${path}?${query}`
}

/** undici has folded the names and kept every line; values are ISO 8859-1. */
export function fieldsOf(headers: Readonly<Record<string, string | string[] | undefined>>): HeaderField[] {
  const fields: HeaderField[] = []
  for (const name of Object.keys(headers)) {
    const value = headers[name]
    if (typeof value === 'string') fields.push([name, value])
    else if (value !== undefined) for (const line of value) fields.push([name, line])
  }
  return fields
}
