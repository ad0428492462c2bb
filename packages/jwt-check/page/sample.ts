import { base64url } from '../src/encoding/base64url.ts'
import { utf8 } from '../src/encoding/bytes.ts'
import { mac } from '../src/guess/guess.ts'

/** A JWT with many faults, for people who have none at hand: a guessable secret, a path in kid, an endless life, a readable e-mail address. */
export function sample(now: number): string {
  const part = (value: object): string => base64url(utf8(JSON.stringify(value)))
  const header = { alg: 'HS256', typ: 'JWT', kid: '../../keys/default' }
  const claims = {
    iss: 'http://issuer.example',
    sub: 'jane',
    aud: '*',
    email: 'jane@mail.example',
    admin: true,
    scope: 'orders.read admin',
    jti: '42',
    iat: now,
    exp: now + 30 * 86_400,
  }
  const input = `${part(header)}.${part(claims)}`
  return `${input}.${base64url(mac(256, utf8('secret'), utf8(input)))}`
}
