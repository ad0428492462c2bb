import { WS } from './handshake.ts'
import type { RequestHead } from './head.ts'
import { isSafe } from './head.ts'
import { only } from './headers.ts'
import type { Policy } from './policy.ts'

/** Whose page sent this request: `own`, an `allowed` other origin, a `foreign` one, or `unsaid` (no browser, or one from before 2020). */
export type Sender = 'own' | 'allowed' | 'foreign' | 'unsaid'

/**
 * Sec-Fetch-Site first, Origin where it is missing, as Go's CrossOriginProtection does; stricter in that Origin is compared with
 * its scheme and port, that both must agree, and that fields sent twice are foreign.
 */
export function senderOf(head: RequestHead, policy: Policy): Sender {
  const site = only(head.headers, 'sec-fetch-site')
  const origin = only(head.headers, 'origin')
  if (site.kind === 'many' || origin.kind === 'many') return 'foreign'
  const fromOwn = origin.kind === 'one' && origin.value === policy.publicOrigin
  const fromAllowed = origin.kind === 'one' && policy.allowedOrigins.includes(origin.value)
  if (site.kind === 'one') {
    if (site.value === 'same-origin' || site.value === 'none') return origin.kind === 'absent' || fromOwn ? 'own' : 'foreign'
    return fromAllowed && (site.value === 'same-site' || site.value === 'cross-site') ? 'allowed' : 'foreign'
  }
  if (origin.kind === 'one') return fromOwn ? 'own' : fromAllowed ? 'allowed' : 'foreign'
  return 'unsaid'
}

export type OriginRefusal = 'cross_site' | 'csrf_header_missing'

/** May a request of this sender pass? A browser that says nothing about itself must send `X-CSRF: 1` with anything but a read. */
export function refuseSender(head: RequestHead, sender: Sender): OriginRefusal | null {
  // Cross-site WebSocket hijacking: the same-origin policy does not cover WebSockets, but every browser names the page's origin (RFC 6455
  // §4.1). So it must be there, and X-CSRF, which no script can send with a handshake, does not stand in for it.
  if (head.method === WS && only(head.headers, 'origin').kind !== 'one') return 'cross_site'
  switch (sender) {
    case 'own':
    case 'allowed':
      return null
    case 'foreign':
      return 'cross_site'
    case 'unsaid':
      return isSafe(head.method) || head.headers.get('x-csrf') === '1' ? null : 'csrf_header_missing'
  }
}
