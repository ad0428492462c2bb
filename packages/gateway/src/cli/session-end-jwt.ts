import { denyJwt, jwtIssuers } from '../session/deny-jwts.ts'
import type { OpenedVault } from './open.ts'
import { done, EXIT, failed, type Outcome } from './outcome.ts'
import type { World } from './world.ts'

/** One JWT by its `jti`, or everything that was issued to a subject until now; of every issuer that the configuration names. */
export async function denyJwts(world: World, opened: OpenedVault, what: 'jti' | 'subject', value: string): Promise<Outcome> {
  const { config, stores } = opened
  const issuers = jwtIssuers(config)
  if (issuers.size === 0) return failed(EXIT.failed, 'No API here takes JWTs.', 'They are taken where `access: { jwt: … }` says so.')
  const at = world.clock()
  for (const [issuer, longestMs] of issuers) {
    await denyJwt(at, issuer, longestMs, { what, value }, stores.denials)
    await opened.note({ kind: 'jwt.revoked', target: value, detail: { issuer, what } })
  }
  const text = what === 'jti' ? `The JWT ${value} counts no more.` : `No JWT that was issued to ${value} until now counts any more.`
  return done(text, { denied: what, value, issuers: [...issuers.keys()] })
}
