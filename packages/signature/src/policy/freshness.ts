import type { Parameters } from 'structured-headers'
import { failed, fine, type Outcome } from '../outcome.ts'
import { AHEAD_SECONDS, isNonce } from './profile.ts'

/** The parameters that the profile demands, typed. Times are Unix seconds. */
export interface ProfileParameters {
  readonly created: number
  readonly expires: number
  readonly nonce: string
  readonly keyid: string
}

export type FreshnessProblem = 'missing_parameter' | 'too_old' | 'from_the_future' | 'expired'

/** Reads the demanded parameters; one that is missing or of another type is a refusal (RFC 9421 §7.2.2, §7.2.5). */
export function readParameters(parameters: Parameters): Outcome<ProfileParameters, 'missing_parameter'> {
  const created = wholeNumber(parameters, 'created')
  const expires = wholeNumber(parameters, 'expires')
  const nonce = parameters.get('nonce')
  const keyid = parameters.get('keyid')
  if (created === null) return failed('missing_parameter', 'created')
  if (expires === null) return failed('missing_parameter', 'expires')
  if (typeof nonce !== 'string' || !isNonce(nonce)) return failed('missing_parameter', 'nonce of 16 to 128 printable characters')
  if (typeof keyid !== 'string' || keyid === '') return failed('missing_parameter', 'keyid')
  return fine({ created, expires, nonce, keyid })
}

/** Is the signature of this minute? `expires` may shorten the time, never lengthen it: that is for the API to say. */
export function checkFreshness(
  { created, expires }: ProfileParameters,
  now: number,
  maxAgeSeconds: number,
): Outcome<null, FreshnessProblem> {
  if (created > now + AHEAD_SECONDS) return failed('from_the_future', `created ${created - now} s ahead of this clock`)
  if (created < now - maxAgeSeconds) return failed('too_old', `created ${now - created} s ago`)
  if (expires <= now) return failed('expired', `expired ${now - expires} s ago`)
  return fine(null)
}

function wholeNumber(parameters: Parameters, name: string): number | null {
  const value = parameters.get(name)
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : null
}
