import type { HeaderField } from '../decide/headers.ts'

/** On everything that the gateway sends, whoever made the body. */
const ALWAYS: readonly HeaderField[] = [
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['vary', 'Sec-Fetch-Site, Origin, Cookie'],
]

/** For answers to scripts: even if a browser is led to show one as a page, nothing in it runs. */
const API_CSP = "default-src 'none'; frame-ancestors 'none'; sandbox"

export function apiHeaders(): readonly HeaderField[] {
  return API
}

const API: readonly HeaderField[] = [...ALWAYS, ['content-security-policy', API_CSP]]

/** For the gateway's own pages: one style sheet from our own origin, forms to our own origin, no script at all. */
export function pageHeaders(): readonly HeaderField[] {
  return PAGE
}

const PAGE: readonly HeaderField[] = [
  ...ALWAYS,
  ['content-security-policy', "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"],
  ['cache-control', 'no-store'],
]

/** For the website's own files; `csp` is the owner's policy. */
export function siteHeaders(csp: string): readonly HeaderField[] {
  return [...ALWAYS, ['content-security-policy', csp]]
}

/** One year, RFC 6797; on every answer over HTTPS, refusals included. */
export const HSTS: HeaderField = ['strict-transport-security', 'max-age=31536000; includeSubDomains']
