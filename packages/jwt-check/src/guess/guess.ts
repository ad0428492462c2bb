import { concat, sameBytes, utf8 } from '../encoding/bytes.ts'
import { signatureAlgorithm } from '../jose/algorithms.ts'
import type { SignedJwt } from '../jose/jwt.ts'
import { type CandidateKind, candidates } from './candidates.ts'
import { sha256 } from './sha256.ts'
import { sha512 } from './sha512.ts'

/** A found secret, described but not told: how many tries it took, its length, and where the guess came from. */
export type Guessed = { readonly tries: number; readonly length: number; readonly kind: CandidateKind }

/** Bounds of one search; it ends at whichever comes first. */
export type GuessBounds = { readonly tries: number; readonly milliseconds: number; readonly hints: readonly string[] }

/**
 * Tries likely secrets against an HMAC-signed JWT (RFC 8725bis §2.2), offline and within the bounds.
 * Undefined when none fits, or when the JWT is no complete HMAC. Works in one go, so it blocks for up to `milliseconds`.
 */
export function guessSecret(jwt: SignedJwt, bounds: GuessBounds): Guessed | undefined {
  const found = searchSecret(jwt, bounds)
  return found === undefined ? undefined : { tries: found.tries, length: found.text.length, kind: found.kind }
}

/** The same search with the secret itself, for the probe, which must sign with it. Never to be printed. */
export function searchSecret(
  jwt: SignedJwt,
  bounds: GuessBounds,
): { readonly tries: number; readonly text: string; readonly kind: CandidateKind } | undefined {
  const algorithm = signatureAlgorithm(jwt.header['alg'])
  if (algorithm?.kind !== 'hmac' || jwt.signature.length !== algorithm.signatureBytes) return undefined
  const message = utf8(jwt.signingInput)
  const deadline = performance.now() + bounds.milliseconds
  let tries = 0
  for (const { text, kind } of candidates(bounds.hints)) {
    if (tries >= bounds.tries || (tries % 256 === 255 && performance.now() > deadline)) return undefined
    tries++
    if (sameBytes(mac(algorithm.hash, utf8(text), message), jwt.signature)) return { tries, text, kind }
  }
  return undefined
}

/** HMAC (RFC 2104) with the named SHA-2. */
export function mac(bits: number, secret: Uint8Array, message: Uint8Array): Uint8Array {
  const hash = bits === 256 ? sha256 : (input: Uint8Array) => sha512(input, bits === 384 ? 384 : 512)
  const block = bits === 256 ? 64 : 128
  const key = new Uint8Array(block)
  key.set(secret.length > block ? hash(secret) : secret)
  return hash(
    concat(
      key.map((byte) => byte ^ 0x5c),
      hash(
        concat(
          key.map((byte) => byte ^ 0x36),
          message,
        ),
      ),
    ),
  )
}
