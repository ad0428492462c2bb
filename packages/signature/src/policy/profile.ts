/** The profile's name in the `tag` parameter (RFC 9421 §7.2.5): it says what the signature is for. */
export const PROFILE_TAG = 'cloakroom-v1'
export const PROFILE_LABEL = 'cloakroom'
export const CONTEXT_FIELD = 'cloakroom-context'

/** Covered by every signature. `@scheme` and `@target-uri` are left out: a TLS terminator changes what the API sees of them. */
export const ALWAYS_COVERED: readonly string[] = ['@method', '@authority', '@path', '@query']

/** Covered as soon as the request carries them. Content-Encoding is among them because it decides what the digested bytes mean. */
export const COVERED_WHEN_PRESENT: readonly string[] = [
  'authorization',
  CONTEXT_FIELD,
  'content-type',
  'content-encoding',
  'content-digest',
]

/** `expires - created` of our own signatures, and how old `created` may be. Long enough for a queue, too short for a thief's break. */
export const LIFETIME_SECONDS = 60

/** How far ahead of this clock `created` may be: two machines with NTP agree far better than this. */
export const AHEAD_SECONDS = 5

/** Content is buffered up to here, because its digest must be checked before the first byte is handed on. */
export const LARGEST_CONTENT = 1_048_576

// 128 random bits are 22 characters of base64url. Longer than 128 characters is not a nonce but a way to fill a cache.
const NONCE = /^[\x21-\x7e]{16,128}$/

export function isNonce(text: string): boolean {
  return NONCE.test(text)
}
