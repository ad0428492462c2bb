import type { Instant } from './head.ts'
import { TOLERANCE_MS } from './id-token.ts'
import type { Claims } from './provider.ts'

/** What a logout token asks for: the end of one session of the provider's, or of all that a person has from it. */
export interface LogoutWish {
  readonly issuer: string
  readonly subject: string | null
  readonly sid: string | null
  /** `iat`, by the provider's clock. */
  readonly issuedAt: Instant
  /** Counts once; to be remembered until `until`. */
  readonly id: string
  readonly until: Instant
}

export type LogoutVerdict = { readonly kind: 'accepted'; readonly wish: LogoutWish } | { readonly kind: 'refused'; readonly why: string }

export interface LogoutDemands {
  readonly issuer: string
  readonly clientId: string
}

/** OpenID Connect Back-Channel Logout §2.6, for a token whose signature holds. */
export function judgeLogoutToken(type: unknown, claims: Claims, demands: LogoutDemands, at: Instant): LogoutVerdict {
  const why = flaw(type, claims, demands, at)
  if (why !== null) return { kind: 'refused', why }
  const { sub, sid, jti, exp, iat } = claims
  return {
    kind: 'accepted',
    wish: {
      issuer: demands.issuer,
      subject: typeof sub === 'string' ? sub : null,
      sid: typeof sid === 'string' ? sid : null,
      issuedAt: Number(iat) * SECOND_MS,
      id: String(jti),
      until: Number(exp) * SECOND_MS + TOLERANCE_MS,
    },
  }
}

const SECOND_MS = 1000
const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
/** §2.4 recommends two minutes; what asks to be remembered for days is not one. */
const LONGEST_LIFE_MS = 24 * 3_600_000

function flaw(type: unknown, claims: Claims, { issuer, clientId }: LogoutDemands, at: Instant): string | null {
  const { iss, aud, exp, iat, jti, sub, sid, events } = claims
  // RFC 8725 §3.11. Without a type, or with the general one, the `events` below still tell it from every other token.
  if (type !== undefined && (typeof type !== 'string' || !/^(?:application\/)?(?:logout\+jwt|jwt)$/i.test(type))) return 'type'
  if (iss !== issuer) return 'issuer'
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  if (!audiences.includes(clientId)) return 'audience'
  if (!isSeconds(exp) || exp * SECOND_MS + TOLERANCE_MS <= at) return 'expired'
  if (!isSeconds(iat) || iat * SECOND_MS - TOLERANCE_MS > at) return 'issued_later'
  if ((exp - iat) * SECOND_MS > LONGEST_LIFE_MS) return 'lives_too_long'
  if (!isText(jti)) return 'identifier'
  // An ID token has a nonce: one that was stolen must not end sessions (§2.4).
  if (Object.hasOwn(claims, 'nonce')) return 'nonce'
  if (!isEvent(events)) return 'events'
  if (sub !== undefined && !isText(sub)) return 'subject'
  if (sid !== undefined && !isText(sid)) return 'session'
  return sub === undefined && sid === undefined ? 'nobody' : null
}

function isEvent(events: unknown): boolean {
  if (typeof events !== 'object' || events === null || !Object.hasOwn(events, EVENT)) return false
  const event = (events as Claims)[EVENT]
  return typeof event === 'object' && event !== null && !Array.isArray(event) && Object.keys(event).length === 0
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= LONGEST
}

const LONGEST = 1024

function isSeconds(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}
