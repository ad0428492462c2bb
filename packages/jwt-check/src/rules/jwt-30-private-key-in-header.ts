import { isJsonObject } from '../encoding/json.ts'
import { privateMembers } from '../jose/keys.ts'
import type { Rule } from '../rule.ts'
import { eachHeader } from './each.ts'

/** A private key, published in a header. */
export const privateKeyInHeader: Rule = {
  id: 'JWT-30',
  title: 'Private key in the header',
  severity: 'error',
  source: 'RFC 9449 §4.3 (7); RFC 7515 §4.1.3',
  why: 'Everybody who sees the JWT can sign as its owner from now on.',
  remedy: 'Discard the key pair. Export the public members alone: kty, crv, x, y for EC, kty, n, e for RSA.',
  check: (scene) =>
    eachHeader(scene, (header) =>
      ['jwk', 'epk'].flatMap((name) => {
        const jwk = header[name]
        const members = isJsonObject(jwk) ? privateMembers(jwk) : []
        return members.length === 0 ? [] : [{ pointer: `header.${name}`, reason: `The key contains ${members.join(', ')}.` }]
      }),
    ),
}
