import type { HeaderField } from './headers.ts'
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
const HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authentication-info',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** What an upstream must not say for our origin: it would take over cookies, caches, transport or the page itself. */
const DROPPED =
  /^(?:set-cookie2?|clear-site-data|strict-transport-security|public-key-pins(?:-report-only)?|content-security-policy(?:-report-only)?|service-worker-allowed|refresh|sourcemap|x-sourcemap|alt-svc|accept-ch|critical-ch|permissions-policy|feature-policy|document-policy|reporting-endpoints|report-to|nel|origin-agent-cluster|origin-trial|server|via|date|x-powered-by|x-runtime|x-version|x-generator|x-served-by|x-backend-server|x-aspnet-version|x-aspnetmvc-version|www-authenticate|authentication-info|x-frame-options|x-xss-protection|x-content-type-options|referrer-policy|timing-allow-origin|cross-origin-.*|access-control-.*|secure-session-.*|sec-session-.*|cloakroom-.*|x-request-id|x-forwarded-.*|x-real-ip|x-envoy-.*|x-amzn-.*|x-amz-cf-.*|cf-.*|expect-ct|p3p|pragma|speculation-rules|supports-loading-mode|set-login|no-vary-search|attribution-reporting-.*|observe-browsing-topics|activate-storage-access|signature|signature-input)$/

/** The upstream's head without what must not pass. `requestPath` is the path that was sent there: relative references start from it. */
export function scrub(head: ResponseHead, api: Api, requestPath: string): Scrubbed {
  const headers: HeaderField[] = []
  const named = head.headers
    .filter(([name]) => name === 'connection')
    .flatMap(([, value]) =>
      value
        .toLowerCase()
        .split(',')
        .map((part) => part.trim()),
    )
  for (const [name, value] of head.headers) {
    if (name === 'set-cookie') {
      const passed = passCookie(value, api)
      if (passed !== null) headers.push([name, passed])
    } else if (name === 'location' || name === 'content-location') {
      const rewritten = publicReference(value, api, requestPath)
      if (rewritten !== null) headers.push([name, rewritten])
      else if (name === 'location' && isRedirect(head.status)) return { kind: 'blocked-redirect' }
    } else if (name === 'link') {
      const kept = value
        .split(/,(?=\s*<)/)
        .map((link) => rewriteLink(link, api, requestPath))
        .filter((link) => link !== null)
      if (kept.length > 0) headers.push([name, kept.join(', ')])
    } else if (!HOP.has(name) && !named.includes(name) && !DROPPED.test(name)) {
      headers.push([name, value])
    }
  }
  return { kind: 'pass', status: head.status, headers }
}

/** A reference into the upstream becomes the public path; one to an allowed origin stays; everything else is null. */
export function publicReference(reference: string, api: Api, requestPath: string): string | null {
  const absolute = resolve(reference.trim(), api.upstreamOrigin, requestPath)
  if (absolute === null) return null
  if (absolute.origin !== api.upstreamOrigin) return api.linksTo.includes(absolute.origin) ? absolute.origin + absolute.rest : null
  const path = absolute.rest.split(/[?#]/, 1)[0] ?? ''
  if (api.upstreamPath !== '' && !isBelow(path, api.upstreamPath)) return null
  return api.prefix + absolute.rest.slice(api.upstreamPath.length)
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

function plainPath(rest: string): boolean {
  const path = rest.split(/[?#]/, 1)[0] ?? ''
  return !/(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i.test(path) && !path.startsWith('//')
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
  return [pair, ...kept.map((attribute) => ` ${attribute.trim()}`), ' Secure', ` Path=${api.prefix}`].join(';')
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400 && status !== 304
}
