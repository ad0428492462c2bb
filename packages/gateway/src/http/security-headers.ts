import type { HeaderField } from '../decide/headers.ts'

/** On everything that the gateway sends, whoever made the body. */
const ALWAYS: readonly HeaderField[] = [
  ['x-content-type-options', 'nosniff'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['vary', 'Sec-Fetch-Site, Origin, Cookie'],
]

/**
 * For documents that may hold a form. Under `no-referrer` a browser sends `Origin: null` with a form, even to its own origin (Fetch §3.2.6),
 * and signing in or out would be refused as foreign. Other sites see our origin, never a path.
 */
const DOCUMENT: readonly HeaderField[] = [...ALWAYS, ['referrer-policy', 'strict-origin']]

/** For answers to scripts: even if a browser is led to show one as a page, nothing in it runs. */
const API_CSP = "default-src 'none'; frame-ancestors 'none'; sandbox"

export function apiHeaders(): readonly HeaderField[] {
  return API
}

const API: readonly HeaderField[] = [...ALWAYS, ['referrer-policy', 'no-referrer'], ['content-security-policy', API_CSP]]

/** For the gateway's own pages: style sheet, script and logo from our own origin, forms to our own origin, nothing inline. */
export function pageHeaders(): readonly HeaderField[] {
  return PAGE
}

const PAGE: readonly HeaderField[] = [
  ...DOCUMENT,
  [
    'content-security-policy',
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'",
  ],
  ['cache-control', 'no-store'],
]

/** For the website's own files; `csp` is the owner's policy. */
export function siteHeaders(csp: string): readonly HeaderField[] {
  return [...DOCUMENT, ['content-security-policy', csp]]
}

/** One year, RFC 6797; on every answer over HTTPS, refusals included. */
export const HSTS: HeaderField = ['strict-transport-security', 'max-age=31536000; includeSubDomains']
