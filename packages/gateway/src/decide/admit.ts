import { readBearer } from './bearer.ts'
import type { Effect, Evidence, Reply } from './facts.ts'
import { WS } from './handshake.ts'
import { isNavigation, type RequestHead } from './head.ts'
import { isFromBrowser, readMachineKey } from './machine-key.ts'
import { refuseSender, senderOf } from './origin.ts'
import type { Api, Policy } from './policy.ts'
import { findRoute, isBelow, type Route } from './route.ts'
import { isWellKnown } from './well-known.ts'

export type Admission =
  | { readonly kind: 'route'; readonly route: Route; readonly steps: readonly string[] }
  /** One of the gateway's own endpoints. */
  | { readonly kind: 'own' }
  | { readonly kind: 'refused'; readonly reply: Reply; readonly evidence: Evidence; readonly effects: readonly Effect[] }

/** Everything that can be judged without knowing who it is: name and scheme, route, sender, destination. Costs no store read. */
export function admit(head: RequestHead, policy: Policy): Admission {
  const misplaced = refusePlace(head, policy)
  if (misplaced !== null) return refused(misplaced, null, 'place')
  // RFC 9110 §15.5.6: 405 says what would be allowed.
  if (head.method === 'TRACE' || head.method === 'CONNECT')
    return refused({ kind: 'problem', code: 'method_refused', allow: READING }, null, 'method')
  if (head.path === '*') return refused(optionsReply(head, policy, EVER), null, 'options')
  if (isBelow(head.path, policy.basePath) || isWellKnown(head.path, policy)) return { kind: 'own' }
  const found = findRoute(policy, head.method, head.path)
  if (found.kind === 'none') return refused({ kind: 'problem', code: 'not_found' }, null, 'route')
  if (found.kind === 'method') {
    if (head.method === 'OPTIONS') return refused(optionsReply(head, policy, found.allow), null, 'options')
    return refused({ kind: 'problem', code: 'method_not_allowed', allow: found.allow }, null, 'route')
  }
  const { route } = found
  if (route.kind === 'site') return admitSite(head, route)
  if (head.method === 'OPTIONS') return refused(optionsReply(head, policy, []), route.id, 'options')
  // Nothing sends an Authorization field of itself: whoever put a key there is no page that another one tricked.
  if (readMachineKey(head).kind !== 'absent') {
    if (isFromBrowser(head)) return refused({ kind: 'problem', code: 'machine_key_in_browser' }, route.id, 'machine key in a browser')
    return { kind: 'route', route, steps: [`route ${route.id}`, 'sender a program'] }
  }
  // The same of a JWT, from a program; a page's call with one is judged like every other call of a page.
  if (route.api.access.kind === 'jwt' && readBearer(head).kind !== 'absent' && !isFromBrowser(head)) {
    return { kind: 'route', route, steps: [`route ${route.id}`, 'sender a program'] }
  }
  const sender = senderOf(head, policy)
  const cross = refuseSender(head, sender)
  if (cross !== null) return refused({ kind: 'problem', code: cross }, route.id, `sender ${sender}`)
  if (!mayLoad(head, route.api)) return refused({ kind: 'problem', code: 'destination_refused' }, route.id, 'destination')
  return { kind: 'route', route, steps: [`route ${route.id}`, `sender ${sender}`] }
}

const READING = ['GET', 'HEAD', 'OPTIONS']
/** For `OPTIONS *`: what some resource here may take. */
const EVER = [...READING, 'POST', 'PUT', 'PATCH', 'DELETE']

function admitSite(head: RequestHead, route: Route): Admission {
  if (head.method === 'GET' || head.method === 'HEAD') return { kind: 'route', route, steps: ['route site'] }
  return refused({ kind: 'problem', code: 'method_not_allowed', allow: ['GET', 'HEAD'] }, route.id, 'method')
}

/** Is the request at the right name, over the right scheme? RFC 9110 §7.4: a gateway answers for its own authority only. */
function refusePlace(head: RequestHead, policy: Policy): Reply | null {
  const secure = policy.publicOrigin.startsWith('https:')
  const here = withoutDefaultPort(head.host, secure ? ':443' : ':80')
  const rightName = here === policy.publicHost || (secure && withoutDefaultPort(head.host, ':80') === policy.publicHost)
  const wrongScheme = secure && head.scheme === 'http'
  if (rightName && !wrongScheme) return null
  // A person who typed the address goes to the right place; a program is told, because a redirect would hide its mistake.
  const home = policy.publicOrigin + head.path + (head.query === '' ? '' : `?${head.query}`)
  const sameMachine = isLoopbackName(head.host) && isLoopbackName(policy.publicHost)
  if (isNavigation(head) && (rightName || sameMachine)) return { kind: 'redirect', location: home }
  return { kind: 'problem', code: rightName ? 'plain_http' : 'misdirected' }
}

/** `Sec-Fetch-Dest` keeps API answers out of documents, images and scripts; a service worker must not be installed from an API. */
function mayLoad(head: RequestHead, api: Api): boolean {
  if (head.headers.get('service-worker') !== null) return false
  const destination = head.headers.get('sec-fetch-dest')
  // Fetch §2.2.5 has a destination of its own for them; some browsers say `empty`, most nothing.
  if (head.method === WS) return destination === null || destination === 'websocket' || destination === 'empty'
  return destination === null || api.destinations.includes(destination)
}

function optionsReply(head: RequestHead, policy: Policy, allow: readonly string[]): Reply {
  const origin = head.headers.get('origin')
  return { kind: 'options', allow, origin: origin !== null && policy.allowedOrigins.includes(origin) ? origin : null }
}

function withoutDefaultPort(host: string, port: string): string {
  return host.endsWith(port) ? host.slice(0, -port.length) : host
}

export function isLoopbackName(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/.test(host)
}

function refused(reply: Reply, route: string | null, step: string): Admission {
  return { kind: 'refused', reply, evidence: { route, steps: [step] }, effects: [] }
}
