import { isOwnCookieName } from '../decide/cookies.ts'
import type { RequestHead } from '../decide/head.ts'
import type { HeaderField } from '../decide/headers.ts'

/** Request fields that a dev server may see: what it needs to choose an answer. No credential of the page's is among them. */
const REQUEST: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'pragma',
  'range',
  'sec-fetch-dest',
  'sec-fetch-mode',
  'sec-fetch-site',
  'sec-purpose',
  'user-agent',
  // How routers of frameworks ask for the parts of a page.
  'rsc',
  'next-router-prefetch',
  'next-router-segment-prefetch',
  'next-router-state-tree',
  'next-url',
  'x-sveltekit-invalidated',
])

/** Answer fields that pass; what a server says about our origin's security is ours to say. */
const ANSWER: ReadonlySet<string> = new Set([
  'accept-ranges',
  'age',
  'allow',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-range',
  'content-type',
  'etag',
  'expires',
  'last-modified',
  'link',
  'retry-after',
  'sourcemap',
  'vary',
])

/** COO-13: cookies of the gateway stay here; the dev server gets those that the page's own code set. */
export function fieldsToDevServer(head: RequestHead): Record<string, string> {
  const fields: Record<string, string> = {}
  for (const name of REQUEST) {
    const value = head.headers.get(name)
    if (value !== null) fields[name] = value
  }
  const cookies = foreignCookies(head)
  if (cookies !== null) fields['cookie'] = cookies
  return fields
}

export function foreignCookies(head: RequestHead): string | null {
  const kept = (head.headers.get('cookie') ?? '')
    .split(';')
    .filter((pair) => pair.trim() !== '' && !isOwnCookieName(pair.split('=', 1)[0] ?? ''))
  return kept.length === 0 ? null : kept.map((pair) => pair.trim()).join('; ')
}

export function fieldsFromDevServer(fields: readonly HeaderField[]): readonly HeaderField[] {
  return fields.filter(([name, value]) => ANSWER.has(name) || (name === 'set-cookie' && !isOwnCookieName(value.split('=', 1)[0] ?? '')))
}
