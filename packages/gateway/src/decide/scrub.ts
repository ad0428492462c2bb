import { isOwnCookieName } from './cookies.ts'
import { readName } from './dropped-fields.ts'
import { isOpaqueValue, type HeaderField } from './headers.ts'
import type { Api } from './policy.ts'
import { publicReference, rewriteLink } from './public-reference.ts'

/** An upstream's answer before its body, names in lower case. */
export interface ResponseHead {
  readonly status: number
  readonly headers: readonly HeaderField[]
}

export type Scrubbed =
  | { readonly kind: 'pass'; readonly status: number; readonly headers: HeaderField[] }
  /** A redirect to somewhere the owner did not allow: following it would leave the gateway. */
  | { readonly kind: 'blocked-redirect' }

/** The upstream's head without what must not pass. `requestPath` is the path that was sent there: relative references start from it. */
export function scrub(head: ResponseHead, api: Api, requestPath: string): Scrubbed {
  const headers: HeaderField[] = []
  const named = connectionNamed(head.headers)
  let locations = 0
  for (const field of head.headers) {
    const [name, value] = field
    const { folded, isDropped } = readName(name)
    if (folded === null || !isOpaqueValue(value) || named.includes(name)) continue
    if (folded === 'set-cookie') {
      const passed = passCookie(value, api)
      if (passed !== null) headers.push([folded, passed])
    } else if (folded === 'location' || folded === 'content-location') {
      const rewritten = publicReference(value, api, requestPath)
      if (folded === 'location' && isRedirect(head.status) && (rewritten === null || ++locations > 1)) return { kind: 'blocked-redirect' }
      if (rewritten !== null) headers.push([folded, rewritten])
    } else if (folded === 'link') {
      const kept = value
        .split(/,(?=\s*<)/)
        .map((link) => rewriteLink(link, api, requestPath))
        .filter((link) => link !== null)
      if (kept.length > 0) headers.push([folded, kept.join(', ')])
    } else if (!isDropped) {
      headers.push(field)
    }
  }
  return { kind: 'pass', status: head.status, headers }
}

const NONE: readonly string[] = []

/** RFC 9110 §7.6.1: a field named by Connection belongs to that connection. */
function connectionNamed(headers: readonly HeaderField[]): readonly string[] {
  let named: string[] | null = null
  for (const field of headers) {
    // Nearly always; the field itself is dropped anyway.
    if (field[0] !== 'connection' || field[1] === 'keep-alive') continue
    ;(named ??= []).push(...field[1].split(',').map((part) => part.trim().toLowerCase()))
  }
  return named ?? NONE
}

function passCookie(line: string, api: Api): string | null {
  const [pair = '', ...attributes] = line.split(';')
  const name = (pair.split('=', 1)[0] ?? '').trim()
  if (isOwnCookieName(name) || !api.cookies.includes(name)) return null
  // Its Domain and Path belong to the upstream's host, not to ours.
  const kept = attributes.filter((attribute) => /^\s*(?:max-age|expires|httponly|samesite)\b/i.test(attribute))
  return [pair, ...kept.map((attribute) => ` ${attribute.trim()}`), ' Secure', ` Path=${api.prefix === '' ? '/' : api.prefix}`].join(';')
}

export function isRedirect(status: number): boolean {
  return status >= 300 && status < 400 && status !== 304
}
