import { readFileSync } from 'node:fs'
import type { Config } from './config/paths.ts'
import { fileIdentity } from './forward/client-identity.ts'
import type { Identities } from './forward/forward.ts'
import type { Clock } from './lib/clock.ts'

/** What the gateway shows to APIs that want a client certificate, by API. */
export function identitiesOf(config: Config, clock: Clock): Identities {
  return new Map(
    Object.entries(config.apis).flatMap(([name, { clientCertificate }]) =>
      clientCertificate === null ? [] : [[name, fileIdentity(clientCertificate.cert, clientCertificate.key, clock)] as const],
    ),
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
