import type { HeaderField } from '../decide/headers.ts'
import { QUOTED_PRINTABLE, type Reading, REFERENCES } from './readings.ts'

/** The value of a field that may appear once; the lines joined when there are several. Null when absent. */
export function fieldValue(headers: readonly HeaderField[], name: string): string | null {
  let found: string | null = null
  for (const [own, value] of headers) if (own === name) found = found === null ? value : `${found}, ${value}`
  return found
}

/** Could a part of this body be text in which a secret is sliced? What does not say what it is counts as text (RFC 2046 §4.5.1 of octet-stream). */
export function isTextLike(contentType: string | null): boolean {
  if (contentType === null) return true
  const type = essence(contentType)
  if (type === 'application/octet-stream' || type.startsWith('text/') || type.startsWith('multipart/') || type.startsWith('message/'))
    return true
  return (
    /^application\/(?:.*(?:json|xml|javascript|ecmascript|yaml|csv|graphql|html|form).*|.*script|toml|sql|x-sh|jwt)$|\+(?:json|xml|yaml)$|\/svg\+xml/.test(
      type,
    ) || !type.includes('/')
  )
}

/** What a reader of this type undoes before he has the text. A script, a style sheet or JSON has no such escapes beyond those that are looked for as they are. */
export function readingsOf(contentType: string | null): readonly Reading[] {
  const type = contentType === null ? '' : essence(contentType)
  if (/^(?:message|multipart)\/|^text\/plain$|^application\/octet-stream$/.test(type) || !type.includes('/')) return BOTH
  if (/^text\/(?!event-stream$|css$|javascript$|ecmascript$|csv$)|[/+]xml$|^application\/xhtml/.test(type)) return MARKUP
  return []
}

const MARKUP: readonly Reading[] = [REFERENCES]
const BOTH: readonly Reading[] = [REFERENCES, QUOTED_PRINTABLE]

/** Events must not wait for a verdict on the beginning of the stream: there may be none for hours. */
export function isEventStream(contentType: string | null): boolean {
  return contentType !== null && essence(contentType) === 'text/event-stream'
}

function essence(contentType: string): string {
  return (contentType.split(/[;,]/, 1)[0] ?? '').trim().toLowerCase()
}

/** What these fields say of the coded body is not true of the decoded one (RFC 9110 §8.8.3.3: a strong validator names the bytes). */
export function asIdentity(headers: readonly HeaderField[]): readonly HeaderField[] {
  return headers.filter(([name]) => !OF_CODED_BYTES.has(name)).map((field) => (field[0] === 'etag' ? weakened(field) : field))
}

const OF_CODED_BYTES = new Set([
  'content-encoding',
  'content-length',
  'accept-ranges',
  'content-md5',
  'digest',
  'content-digest',
  'repr-digest',
])

function weakened([name, value]: HeaderField): HeaderField {
  return [name, value.startsWith('W/') ? value : `W/${value}`]
}
