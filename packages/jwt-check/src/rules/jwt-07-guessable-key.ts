import { isHmac } from '../jose/algorithms.ts'
import { claimsOf, type SignedJwt } from '../jose/jwt.ts'
import { type Jwk, keyBytes } from '../jose/keys.ts'
import type { Rule } from '../rule.ts'
import type { Scene } from '../scene.ts'
import { eachKey, eachSignedSlowly, type Note } from './each.ts'
import { shannonBits } from './entropy.ts'

/**
 * Random bytes show nearly all the variety that their number allows: 16 bytes about 4 bits each, 64 and more about 6.
 * Text in hexadecimal reaches two thirds of it. Below this share a key repeats itself.
 */
const leastVariety = 0.55

/** An HMAC key that a word list finds, or that plainly was typed by hand. */
export const guessableKey: Rule = {
  id: 'JWT-07',
  title: 'HMAC key can be guessed',
  severity: 'error',
  source: 'bis §2.2, §3.5',
  why: 'One captured JWT is enough to try passwords offline, millions a second. Whoever finds the key can sign as anybody.',
  remedy:
    'Replace the key by random bytes of the length of the hash, and change it everywhere at once: every JWT signed so far is forgeable.',
  check: async (scene) => [
    ...(await eachSignedSlowly(scene, async (jwt) => (isHmac(jwt.header['alg']) ? guessed(jwt, scene) : []))),
    ...eachKey(scene, (jwk) => (jwk['kty'] === 'oct' ? handMade(jwk) : [])),
  ],
}

async function guessed(jwt: SignedJwt, scene: Scene): Promise<readonly Note[]> {
  if (scene.guessing.tries === 0) return []
  // Loaded only here, so that the word list costs nothing to those who have no HMAC.
  const { guessSecret } = await import('../guess/guess.ts')
  const found = guessSecret(jwt, { ...scene.guessing, hints: [...scene.guessing.hints, ...hintsIn(jwt)] })
  if (found === undefined) return []
  return [{ pointer: 'signature', reason: `The key was found after ${found.tries} guesses: ${found.length} characters, ${found.kind}.` }]
}

function hintsIn(jwt: SignedJwt): readonly string[] {
  const claims = claimsOf(jwt) ?? {}
  return [claims['iss'], claims['aud'], claims['client_id'], jwt.header['kid']].flat().filter((value) => typeof value === 'string')
}

function handMade(jwk: Jwk): readonly Note[] {
  const bytes = keyBytes(jwk, 'k')
  if (bytes === undefined || bytes.length === 0) return []
  const printable = bytes.every((byte) => byte >= 0x20 && byte < 0x7f)
  if (printable && bytes.length < 32) return [{ pointer: 'k', reason: `The key is ${bytes.length} typed characters, no random bytes.` }]
  const variety = shannonBits(bytes) / Math.min(6, Math.log2(bytes.length))
  if (bytes.length < 16 || variety >= leastVariety) return []
  return [
    { pointer: 'k', reason: `The key repeats itself: ${Math.round(variety * 100)} % of the variety of ${bytes.length} random bytes.` },
  ]
}
