import { foldName, isFieldName, isOpaqueValue, type HeaderField } from './headers.ts'
import type { Api } from './policy.ts'
import { isOwnCookieName } from './cookies.ts'
import { isBelow } from './route.ts'

/** An upstream's answer before its body, names in lower case. */
export interface ResponseHead {
  readonly status: number
  readonly headers: readonly HeaderField[]
}

export type Scrubbed =
  | { readonly kind: 'pass'; readonly status: number; readonly headers: HeaderField[] }
  /** A redirect to somewhere the owner did not allow: following it would leave the gateway. */
  | { readonly kind: 'blocked-redirect' }

/** Framing and connection fields (RFC 9110 §7.6.1): ours are written anew. */
const HOP = ['connection', 'content-length', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade']

/** What an upstream must not say for our origin (cookies, caches, transport, the page itself), and what it says only of itself. */
const DROPPED: ReadonlySet<string> = new Set([
  ...HOP,
  'set-cookie2',
  'clear-site-data',
  'strict-transport-security',
  'public-key-pins',
  'public-key-pins-report-only',
  'content-security-policy',
  'content-security-policy-report-only',
  'service-worker-allowed',
  'refresh',
  'sourcemap',
  'x-sourcemap',
  'alt-svc',
  'alt-used',
  'accept-ch',
  'critical-ch',
  'permissions-policy',
  'permissions-policy-report-only',
  'feature-policy',
  'document-policy',
  'document-policy-report-only',
  'require-document-policy',
  'document-isolation-policy',
  'document-isolation-policy-report-only',
  'integrity-policy',
  'integrity-policy-report-only',
  'reporting-endpoints',
  'report-to',
  'nel',
  'origin-agent-cluster',
  'origin-trial',
  'x-frame-options',
  'x-xss-protection',
  'x-content-type-options',
  'referrer-policy',
  'timing-allow-origin',
  'expect-ct',
  'p3p',
  'pragma',
  'speculation-rules',
  'supports-loading-mode',
  'set-login',
  'no-vary-search',
  'use-as-dictionary',
  'available-dictionary',
  'observe-browsing-topics',
  'activate-storage-access',
  'x-dns-prefetch-control',
  'x-permitted-cross-domain-policies',
  'x-ua-compatible',
  'tk',
  'www-authenticate',
  'authentication-info',
  'signature',
  'signature-input',
  'server',
  'server-timing',
  'via',
  'date',
  'x-powered-by',
  'x-powered-cms',
  'x-runtime',
  'x-version',
  'x-generator',
  'x-served-by',
  'x-server',
  'x-host',
  'x-hostname',
  'x-backend',
  'x-backend-server',
  'x-upstream',
  'x-node',
  'x-pod',
  'x-instance',
  'x-varnish',
  'x-debug',
  'x-turbo-charged-by',
  'x-request-id',
  'x-real-ip',
  'x-sendfile',
  'x-sendfile-type',
  'x-reproxy-url',
  'edge-control',
])

/**
 * Families of the same. `x-accel-` would make an nginx before us serve its own files; `…-cache-control` and `surrogate-` override our
 * `no-store` in shared caches (RFC 9213).
 */
const DROPPED_FAMILIES =
  /^(?:access-control|attribution-reporting|cf|cloakroom|cross-origin|proxy|sec|secure-session|surrogate|x-(?:accel|amz-cf|amzn|debug|drupal|envoy|forwarded|kong|lighttpd))-|^x-(?:aspnet|cache)|-cache-control$/

/** Answers of one API bear the same names again and again: three looks at a name are made once. Emptied when a server makes names up. */
const READ_NAMES = new Map<string, ReadName>()
const MOST_NAMES = 512

interface ReadName {
  /** So that no spelling of a name escapes its rule. Null: no name at all. */
  readonly folded: string | null
  readonly isDropped: boolean
}

function readName(name: string): ReadName {
  const known = READ_NAMES.get(name)
  if (known !== undefined) return known
  const folded = isFieldName(name) ? foldName(name) : null
  const read = { folded, isDropped: folded === null || DROPPED.has(folded) || DROPPED_FAMILIES.test(folded) }
  if (name.length > LONGEST_KEPT) return read
  if (READ_NAMES.size >= MOST_NAMES) READ_NAMES.clear()
  READ_NAMES.set(name, read)
  return read
}

const LONGEST_KEPT = 64

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

/** A reference into the upstream becomes the public path; one to an allowed origin stays; everything else is null. */
export function publicReference(reference: string, api: Api, requestPath: string): string | null {
  const absolute = resolve(reference.trim(), api.upstreamOrigin, requestPath)
  if (absolute === null) return null
  if (absolute.origin !== api.upstreamOrigin) return api.linksTo.includes(absolute.origin) ? absolute.origin + absolute.rest : null
  const path = absolute.rest.split(/[?#]/, 1)[0] ?? ''
  if (api.upstreamPath !== '' && !isBelow(path, api.upstreamPath)) return null
  const rest = api.prefix + absolute.rest.slice(api.upstreamPath.length)
  return rest.startsWith('/') ? rest : `/${rest}`
}

interface Resolved {
  readonly origin: string
  /** Path, query and fragment. */
  readonly rest: string
}

/** RFC 3986 §5.2 for the cases that servers send. What is unusual (backslashes, userinfo, dot segments, control characters) is not resolved. */
function resolve(reference: string, origin: string, requestPath: string): Resolved | null {
  if (!/^[\x21-\x7e]*$/.test(reference) || reference.includes('\\')) return null
  const absolute = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/i.exec(reference)
  if (absolute !== null) return at(`${absolute[1]?.toLowerCase() ?? ''}://`, absolute[2] ?? '', absolute[3] ?? '')
  if (reference.startsWith('//')) {
    const [authority = ''] = reference.slice(2).split(/[/?#]/, 1)
    return at(origin.slice(0, origin.indexOf('//') + 2), authority, reference.slice(2 + authority.length))
  }
  if (/^[a-z][a-z0-9+.-]*:/i.test(reference)) return null
  const folder = requestPath.slice(0, requestPath.lastIndexOf('/') + 1)
  const rest = reference.startsWith('/') ? reference : /^[?#]|^$/.test(reference) ? requestPath + reference : folder + reference
  return plainPath(rest) ? { origin, rest } : null
}

function at(scheme: string, authority: string, rest: string): Resolved | null {
  if (authority === '' || authority.includes('@')) return null
  const host = authority.toLowerCase().replace(scheme === 'https://' ? /:443$/ : /:80$/, '')
  const path = rest.startsWith('/') ? rest : `/${rest}`
  return plainPath(path) ? { origin: scheme + host, rest: path } : null
}

/** An empty segment would become `//other.example` when the public prefix is empty: a redirect to anywhere. */
function plainPath(rest: string): boolean {
  const path = rest.split(/[?#]/, 1)[0] ?? ''
  return !/(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i.test(path) && !path.includes('//')
}

function rewriteLink(link: string, api: Api, requestPath: string): string | null {
  const parts = /^\s*<([^>]*)>(.*)$/s.exec(link)
  if (parts === null) return null
  const target = publicReference(parts[1] ?? '', api, requestPath)
  return target === null ? null : `<${target}>${parts[2] ?? ''}`
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
