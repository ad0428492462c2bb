import type { ActionUse } from './action.ts'
import { WS } from './handshake.ts'
import type { Access, Api, Policy, Site } from './policy.ts'

/** One line of an API's `allow`. */
export interface ApiRoute {
  readonly kind: 'api'
  /** `shop: GET /products/**`, as in the configuration: shown in logs and evidence. */
  readonly id: string
  readonly api: Api
  /** Upper case; `*` for any but TRACE and CONNECT; `WS` for a WebSocket handshake, which nothing else admits. */
  readonly method: string
  readonly pattern: Pattern
  readonly actionToken: ActionUse
}

/** The website itself. */
export interface SiteRoute {
  readonly kind: 'site'
  readonly id: 'site'
  readonly site: Site
}

export type Route = ApiRoute | SiteRoute

export type Found =
  | { readonly kind: 'route'; readonly route: Route }
  | { readonly kind: 'method'; readonly api: Api; readonly allow: readonly string[] }
  | { readonly kind: 'none' }

/** Segments below the prefix: a text, `*` for exactly one segment, `*%2F*` for one with an encoded slash inside, `**` at the end for any number. */
export type Pattern = readonly string[]

/** The one way for an encoded slash to pass: the owner wrote it, for this segment of this route. `*` and `**` do not cover it. */
export const SLASH_SEGMENT = '*%2F*'

/** Reads `/orders/*` or `/products/**`. Null when it is not a pattern: `**` stands last, `*` stands alone in its segment. */
export function parsePattern(text: string): Pattern | null {
  if (!text.startsWith('/')) return null
  const segments = text === '/' ? [] : text.slice(1).replaceAll('*%2f*', SLASH_SEGMENT).split('/')
  const usable = segments.every(
    (segment, at) =>
      segment === '*' || segment === SLASH_SEGMENT || (segment === '**' ? at === segments.length - 1 : !/[*%?#\\;]/.test(segment)),
  )
  return usable && segments.every((segment, at) => (segment !== '' || at === segments.length - 1) && segment !== '.' && segment !== '..')
    ? segments
    : null
}

/** Which route does this method and canonical path belong to? APIs first, longest prefix first; what no line allows is denied. */
export function findRoute(policy: Policy, method: string, path: string): Found {
  const api = findApi(policy.apis, path)
  // The site's folder decodes names: what only an API's line lets in must never be read as one of its paths.
  if (api === null && path.includes('%2F')) return { kind: 'none' }
  if (api === null)
    return policy.site === null ? { kind: 'none' } : { kind: 'route', route: { kind: 'site', id: 'site', site: policy.site } }
  const rest = path.slice(api.prefix.length)
  const allow: string[] = []
  let fits = false
  for (const route of policy.routes) {
    if (route.kind !== 'api' || route.api !== api || !matches(route.pattern, rest)) continue
    if (admitsMethod(route.method, method)) return { kind: 'route', route }
    fits = true
    // It is no method that a client could choose.
    if (route.method !== WS) allow.push(route.method === 'GET' ? 'GET, HEAD' : route.method)
  }
  return !fits ? { kind: 'none' } : { kind: 'method', api, allow: [...new Set(allow), 'OPTIONS'] }
}

/** The API whose prefix covers the path, on a segment border; the longest one. */
export function findApi(apis: readonly Api[], path: string): Api | null {
  let best: Api | null = null
  for (const api of apis) {
    if (!isBelow(path, api.prefix)) continue
    if (best === null || api.prefix.length > best.prefix.length) best = api
  }
  return best
}

/** Is the path the prefix itself or below it? `/api/shopping` is not below `/api/shop`. */
export function isBelow(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && (path.length === prefix.length || path.charCodeAt(prefix.length) === 0x2f)
}

/** Is there a line, of whatever method, that was written for the encoded slash in this path? */
export function takesEncodedSlash(policy: Policy, path: string): boolean {
  const api = findApi(policy.apis, path)
  if (api === null) return false
  const rest = path.slice(api.prefix.length)
  return policy.routes.some((route) => route.kind === 'api' && route.api === api && matches(route.pattern, rest))
}

/** Does `rest` (empty, or beginning with `/`) fit the pattern? */
export function matches(pattern: Pattern, rest: string): boolean {
  const segments = rest === '' || rest === '/' ? [] : rest.slice(1).split('/')
  for (const [at, wanted] of pattern.entries()) {
    if (wanted === '**') return !rest.includes('%2F') || segments.slice(at).every((found) => !found.includes('%2F'))
    const found = segments[at]
    if (found === undefined || !fits(wanted, found)) return false
  }
  return segments.length === pattern.length
}

function fits(wanted: string, found: string): boolean {
  if (wanted === SLASH_SEGMENT) return found.split('%2F').length === 2
  // `*` is one segment, not none: an empty one comes from a trailing slash.
  return wanted === '*' ? found !== '' && !found.includes('%2F') : found === wanted
}

export function accessOf(route: Route): Access {
  return route.kind === 'api' ? route.api.access : route.site.access
}

/** The role that a route demands beside everything else; null for none. */
export function roleOf(access: Access): string | null {
  return access.kind === 'role' || access.kind === 'fresh' ? access.role : null
}

/** Does a line for `allowed` admit this method? */
export function admitsMethod(allowed: string, method: string): boolean {
  // A line for plain calls must not open a connection that no further request is judged on.
  if (method === WS) return allowed === WS
  // HEAD is GET without the body (RFC 9110 §9.3.2): whoever may read may ask how long it is.
  return allowed === method || allowed === '*' || (allowed === 'GET' && method === 'HEAD')
}
