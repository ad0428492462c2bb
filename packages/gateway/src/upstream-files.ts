import { readFileSync } from 'node:fs'
import type { Config } from './config/paths.ts'
import { fileIdentity, vaultIdentity } from './forward/client-identity.ts'
import type { Identities } from './forward/forward.ts'
import type { Clock } from './lib/clock.ts'
import type { VaultPart } from './parts.ts'

/** What the gateway shows to APIs that want a client certificate, by API. */
export function identitiesOf(config: Config, vault: Required<VaultPart>, clock: Clock): Identities {
  return new Map(
    Object.entries(config.apis).flatMap(([name, { clientCertificate: shown, upstream }]) => {
      if (shown === null) return []
      const { origin } = new URL(upstream)
      return [[name, 'vault' in shown ? vaultIdentity(vault, shown.vault, origin, clock) : fileIdentity(shown.cert, shown.key, clock)]]
    }),
  )
}

/** Who vouches for APIs with a certificate of their own authority, PEM by origin. Throws when a file cannot be read. */
export function authoritiesOf(config: Config): ReadonlyMap<string, string> {
  const authorities = new Map<string, string>()
  for (const api of Object.values(config.apis)) {
    if (api.upstreamCa !== null) authorities.set(new URL(api.upstream).origin, readFileSync(api.upstreamCa, 'utf8'))
  }
  return authorities
}
