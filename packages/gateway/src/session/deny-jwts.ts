import type { Config } from '../config/paths.ts'
import type { Instant } from '../decide/head.ts'
import type { DenialStore } from '../store/store.ts'

/** Clocks of issuer and gateway, as the check allows them. */
export const JWT_SKEW_MS = 60_000

/** Everything that any issuer made until now. */
export async function denyAllJwts(at: Instant, config: Pick<Config, 'apis'>, denials: Pick<DenialStore, 'deny'>): Promise<void> {
  for (const [issuer, longestMs] of jwtIssuers(config)) {
    await denials.deny({ issuer, what: 'issuer', value: '' }, at, at + longestMs + JWT_SKEW_MS)
  }
}

/** One JWT by its `jti` whenever it was issued, or all that were issued to a subject until now. */
export async function denyJwt(
  at: Instant,
  issuer: string,
  longestMs: number,
  named: { readonly what: 'jti' | 'subject'; readonly value: string },
  denials: Pick<DenialStore, 'deny'>,
): Promise<void> {
  await denials.deny({ issuer, ...named }, named.what === 'jti' ? Number.MAX_SAFE_INTEGER : at, at + longestMs + JWT_SKEW_MS)
}

/** The issuers that the configuration names, each with the longest life of a JWT of it, in milliseconds. */
export function jwtIssuers({ apis }: Pick<Config, 'apis'>): ReadonlyMap<string, number> {
  const issuers = new Map<string, number>()
  for (const { access } of Object.values(apis)) {
    if (typeof access === 'string' || !('jwt' in access)) continue
    const { issuer, longest } = access.jwt
    issuers.set(issuer, Math.max(longest, issuers.get(issuer) ?? 0))
  }
  return issuers
}
