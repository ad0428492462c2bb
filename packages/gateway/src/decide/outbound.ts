import type { RequestHead } from './head.ts'
import { foldName, type HeaderField } from './headers.ts'
import type { ApiRoute } from './route.ts'
import type { TraceContext } from './trace.ts'

/** What the upstream will see, before the credential is placed. */
export interface OutboundHead {
  readonly method: string
  readonly origin: string
  readonly path: string
  readonly query: string
  readonly headers: readonly HeaderField[]
  /** The connection is to become one of this protocol. */
  readonly upgrade?: 'websocket'
  /** Must not go out twice as it is: it carries something that works once. */
  readonly once?: boolean
}

/** Request fields that pass to every upstream. All others stay here, the browser's name and origin included, unless the API's `carry` names them. */
const CARRIED: ReadonlySet<string> = new Set([
  'accept',
  'accept-language',
  'content-type',
  'content-encoding',
  'content-language',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'if-range',
  'range',
])

/** Two lines of these contradict each other; servers disagree on which counts, so the first one alone goes on. */
const SINGLE: ReadonlySet<string> = new Set(['content-type', 'if-modified-since', 'if-unmodified-since', 'if-range', 'range'])

/** Framing, identity, routing, and what the gateway itself writes. */
const NEVER_CARRIED =
  /^(?:host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|via|expect|content-length|accept-encoding|cookie2?|forwarded|date|x-request-id|x-real-ip|x-client-ip|true-client-ip|x-cluster-client-ip|x-forwarded|x-original-(?:url|uri|host)|x-rewrite-url|x-host|remote-user|x-remote-user|x-http-method(?:-override)?|x-method-override|signature(?:-input)?|(?:x-)?client-cert(?:-chain)?|x-user|x-csrf|traceparent|tracestate|baggage)$|^(?:proxy|x-proxy|x-forwarded|x-envoy|x-amzn|x-accel|x-ssl|x-client-cert|cf|fastly|sec|cloakroom|x-user|x-webauth|access-control)-/

/** What opens an API. A browser's own never reaches one (VLT-10): an SDK's dummy key would be taken for a second opinion. */
const CREDENTIAL_LIKE =
  /(?:^|-)(?:authorization|api-?key|access-?key|secret-?key|subscription-key|functions-key|rapidapi-key|auth-key|(?:access|api|auth|private|refresh|security|session|vault|id)-token|secret|password|credentials?)$|^x-(?:auth|token|key)$/

/** May the owner have this field carried to an upstream? */
export function mayCarry(name: string): boolean {
  const folded = foldName(name)
  return !NEVER_CARRIED.test(folded) && !CREDENTIAL_LIKE.test(folded)
}

export interface OutboundOptions {
  /** Our name in `Via` (RFC 9110 §7.6.3). */
  readonly pseudonym: string
  /** Another one for `Via`, which only this process has: by it, a request that comes back is known. */
  readonly via?: string | undefined
  /** True while answers are searched for the secret: a compressed one would have to be unpacked first. */
  readonly identityOnly: boolean
}

/** Head and route → the request to the upstream. An allow-list: a field nobody thought of does not pass. */
export function outbound(head: RequestHead, route: ApiRoute, options: OutboundOptions): OutboundHead {
  const { api } = route
  const headers: HeaderField[] = []
  const named = connectionNamed(head)
  for (const field of head.headers.entries()) {
    const name = field[0]
    if (!(CARRIED.has(name) || isWanted(name, api.carry)) || named?.includes(name)) continue
    if (SINGLE.has(name) && headers.some(([own]) => own === name)) continue
    headers.push(field)
  }
  headers.push(['accept-encoding', options.identityOnly ? 'identity' : (head.headers.get('accept-encoding') ?? 'identity')])
  if (!api.carry.includes('user-agent')) headers.push(['user-agent', options.pseudonym])
  headers.push(['via', `1.1 ${options.via ?? options.pseudonym}`], ['x-request-id', head.id])
  if (head.trace) headers.push(...traceFields(head.trace))
  return { method: head.method, origin: api.upstreamOrigin, path: upstreamPath(head.path, route), query: head.query, headers }
}

/** W3C Trace Context 1. */
export function traceFields({ parent, state }: TraceContext): readonly HeaderField[] {
  return state === null
    ? [['traceparent', parent]]
    : [
        ['traceparent', parent],
        ['tracestate', state],
      ]
}

/** Was this request here before? RFC 9110 §7.6.3: each gateway on the way has added its name to `Via`. */
export function isLoop(head: RequestHead, name: string): boolean {
  const via = head.headers.get('via')
  return via !== null && via.split(',').some((hop) => hop.trim().split(/[ \t]+/)[1] === name)
}

/** Asked again for every request, although a configuration that names a forbidden field does not start. */
function isWanted(name: string, carry: readonly string[]): boolean {
  return carry.length > 0 && carry.includes(name) && mayCarry(name)
}

function upstreamPath(path: string, { api }: ApiRoute): string {
  const whole = api.upstreamPath + path.slice(api.prefix.length)
  return whole === '' ? '/' : whole
}

/** RFC 9110 §7.6.1: a field named by Connection belongs to that connection. What the gateway adds itself comes later and cannot be named away. */
function connectionNamed(head: RequestHead): readonly string[] | null {
  const connection = head.headers.get('connection')
  if (connection === null || connection === 'keep-alive') return null
  return connection.split(',').map((name) => name.trim().toLowerCase())
}
