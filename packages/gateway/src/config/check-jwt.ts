import { isLoopbackHost } from './address.ts'
import type { Config } from './paths.ts'
import type { Report } from './report.ts'

/** An issuer's keys must come to us unaltered, or whoever sits in between is the issuer. */
export function checkJwt(config: Config, report: Report): void {
  for (const [name, { access }] of Object.entries(config.apis)) {
    if (typeof access === 'string' || !('jwt' in access) || !/^[a-z]+:\/\//.test(access.jwt.keys)) continue
    const { protocol, hostname } = new URL(access.jwt.keys)
    if (protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname))) continue
    report(
      'jwt_keys_plain',
      ['apis', name, 'access', 'jwt', 'keys'],
      'The issuer’s keys would come without TLS: whoever is on the way could put in his own.',
      'Write the https:// address of its JWK Set, or keep the set in a file.',
    )
  }
}
