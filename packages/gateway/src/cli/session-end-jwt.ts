import type { DenialName } from '../decide/bearer.ts'
import type { Config } from '../config/paths.ts'
import type { OpenedVault } from './open.ts'
import { done, EXIT, failed, type Outcome } from './outcome.ts'
import type { World } from './world.ts'

/** Clocks of issuer and gateway, as the check allows them. */
const SKEW_MS = 60_000

/** One JWT by its `jti`, or everything that was issued to a subject until now; of every issuer that the configuration names. */
export async function denyJwts(world: World, opened: OpenedVault, what: 'jti' | 'subject', value: string): Promise<Outcome> {
  const { config, stores } = opened
  const issuers = issuersOf(config)
  if (issuers.size === 0) return failed(EXIT.failed, 'No API here takes JWTs.', 'They are taken where `access: { jwt: … }` says so.')
  const at = world.clock()
  for (const [issuer, longestMs] of issuers) {
    const name: DenialName = { issuer, what, value }
    // One JWT is denied whenever it was issued; a subject's are those of until now.
    await stores.denials.deny(name, what === 'jti' ? Number.MAX_SAFE_INTEGER : at, at + longestMs + SKEW_MS)
    await opened.note({ kind: 'jwt.revoked', target: value, detail: { issuer, what } })
  }
  const text = what === 'jti' ? `The JWT ${value} counts no more.` : `No JWT that was issued to ${value} until now counts any more.`
  return done(text, { denied: what, value, issuers: [...issuers.keys()] })
}

/** Everything that any issuer made until now. */
export async function denyAllJwts(at: number, { config, stores }: Pick<OpenedVault, 'config' | 'stores'>): Promise<void> {
  for (const [issuer, longestMs] of issuersOf(config)) {
    await stores.denials.deny({ issuer, what: 'issuer', value: '' }, at, at + longestMs + SKEW_MS)
  }
}

function issuersOf({ apis }: Config): ReadonlyMap<string, number> {
  const issuers = new Map<string, number>()
  for (const { access } of Object.values(apis)) {
    if (typeof access === 'string' || !('jwt' in access)) continue
    const { issuer, longest } = access.jwt
    issuers.set(issuer, Math.max(longest, issuers.get(issuer) ?? 0))
  }
  return issuers
}
