import { foldName, isFieldName } from './headers.ts'

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

export interface ReadName {
  /** So that no spelling of a name escapes its rule. Null: no name at all. */
  readonly folded: string | null
  readonly isDropped: boolean
}

/** What becomes of an upstream's field of this name. */
export function readName(name: string): ReadName {
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
