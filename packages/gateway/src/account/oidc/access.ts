import type { Instant } from '../../decide/head.ts'
import type { AccessToken } from '../../session/grants.ts'
import type { Tokens } from './redeem.ts'
import type { Target } from './renew.ts'

/** Under which name an access token is kept; the empty one for what came with the sign-in. No two targets have one name. */
export function targetKey({ resource, scopes }: Target): string {
  return resource === null && scopes === null ? '' : JSON.stringify([resource, scopes])
}

/** An access token with the times that count for us. */
export function accessOf(tokens: Tokens, at: Instant): AccessToken {
  const expiresAt = tokens.expiresAt ?? at + ASSUMED_MS
  // Renewed before its end, so that none expires on its way to the API; one of short life not in its first three quarters.
  const early = Math.min(EARLY_MS, (expiresAt - at) / 4)
  return { value: tokens.accessToken, type: tokens.type, renewAt: expiresAt - early, expiresAt }
}

export function isUsable({ expiresAt }: AccessToken, at: Instant): boolean {
  return at < expiresAt
}

/** RFC 6749 §5.1 only recommends `expires_in`. */
const ASSUMED_MS = 5 * 60_000
const EARLY_MS = 30_000
