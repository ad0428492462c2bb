import type { Api } from './policy.ts'
import { isBelow } from './route.ts'

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

/** One link of a `Link` field (RFC 8288 §3); null when it leads out. */
export function rewriteLink(link: string, api: Api, requestPath: string): string | null {
  const parts = /^\s*<([^>]*)>(.*)$/s.exec(link)
  if (parts === null) return null
  const target = publicReference(parts[1] ?? '', api, requestPath)
  return target === null ? null : `<${target}>${parts[2] ?? ''}`
}
