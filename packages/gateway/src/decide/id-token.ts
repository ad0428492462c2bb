import type { Instant } from './head.ts'
import type { Claims } from './provider.ts'

/** What an ID token must say, beyond a signature that holds. */
export interface IdTokenDemands {
  readonly issuer: string
  readonly clientId: string
  /** Null at a refresh: that one answers no question of ours. */
  readonly nonce: string | null
  /** Whom the session belongs to; null before anybody is known. */
  readonly subject: string | null
  /** `at_hash` of the access token that came with it. */
  readonly accessTokenHash: string | null
  readonly maxAgeMs: number | null
  readonly acr: readonly string[]
}

/** Who signed in, as the provider says. `(issuer, subject)` is the person; nothing else is. */
export interface Person {
  readonly issuer: string
  readonly subject: string
  /** The provider's name for its own session, for logout; null when it says none. */
  readonly sid: string | null
  readonly authenticatedAt: Instant | null
  /** `iat`, by the provider's clock. */
  readonly issuedAt: Instant
  readonly acr: string | null
  readonly amr: readonly string[]
  readonly claims: Claims
}

export type IdTokenVerdict = { readonly kind: 'accepted'; readonly person: Person } | { readonly kind: 'refused'; readonly why: string }

/** OpenID Connect Core §3.1.3.7 once more, in our own words and by our own clock: a library that forgets one of these lets a stranger in. */
export function judgeIdToken(claims: Claims, demands: IdTokenDemands, at: Instant): IdTokenVerdict {
  const why = flaw(claims, demands, at)
  if (why !== null) return { kind: 'refused', why }
  const { iss, sub, sid, acr, amr, iat } = claims
  const authTime = claims['auth_time']
  return {
    kind: 'accepted',
    person: {
      issuer: String(iss),
      subject: String(sub),
      sid: isText(sid) ? sid : null,
      issuedAt: Number(iat) * SECOND_MS,
      authenticatedAt: typeof authTime === 'number' ? authTime * SECOND_MS : null,
      acr: isText(acr) ? acr : null,
      amr: Array.isArray(amr) ? amr.filter(isText) : [],
      claims,
    },
  }
}

/** Clocks of two machines; more would prolong what has ended. */
export const TOLERANCE_MS = 60_000
const SECOND_MS = 1000
/** OpenID Connect Core §2: at most 255 characters. */
const LONGEST_SUBJECT = 255

function flaw(claims: Claims, demands: IdTokenDemands, at: Instant): string | null {
  const { iss, sub, aud, azp, exp, iat, nonce } = claims
  if (iss !== demands.issuer) return 'issuer'
  if (!isText(sub) || sub.length > LONGEST_SUBJECT) return 'subject'
  if (demands.subject !== null && sub !== demands.subject) return 'subject_changed'
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  if (!audiences.includes(demands.clientId)) return 'audience'
  // A token for us and somebody else says for whom it was made; one that was made for another client is not ours.
  if (azp === undefined ? audiences.length > 1 : azp !== demands.clientId) return 'authorized_party'
  if (!isSeconds(exp) || exp * SECOND_MS + TOLERANCE_MS <= at) return 'expired'
  if (!isSeconds(iat) || iat * SECOND_MS - TOLERANCE_MS > at) return 'issued_later'
  if (claims['nbf'] !== undefined && (!isSeconds(claims['nbf']) || claims['nbf'] * SECOND_MS - TOLERANCE_MS > at)) return 'not_yet'
  if (demands.nonce !== null && nonce !== demands.nonce) return 'nonce'
  const hash = claims['at_hash']
  if (hash !== undefined && hash !== demands.accessTokenHash) return 'access_token_hash'
  return flawOfAuthentication(claims, demands, at)
}

/** What was asked for and is not said was not done (ASVS 6.8.4). */
function flawOfAuthentication(claims: Claims, { maxAgeMs, acr }: IdTokenDemands, at: Instant): string | null {
  const authTime = claims['auth_time']
  if (authTime !== undefined && (!isSeconds(authTime) || authTime * SECOND_MS - TOLERANCE_MS > at)) return 'authentication_time'
  if (maxAgeMs !== null && (authTime === undefined || at - authTime * SECOND_MS > maxAgeMs + TOLERANCE_MS)) return 'authentication_too_old'
  if (acr.length > 0 && !(isText(claims['acr']) && acr.includes(claims['acr']))) return 'authentication_context'
  return null
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isSeconds(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}
