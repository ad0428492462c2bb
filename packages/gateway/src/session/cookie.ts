import { GateError } from '../errors.ts'

export interface OwnCookie {
  /** Begins with `__Host-`; a browser then takes it only with Secure, Path=/ and without Domain. */
  readonly name: string
  readonly value: string
  /** Null: until the browser is closed. Cut at 400 days, as browsers do. */
  readonly maxAgeMs: number | null
  /** `Lax` only for what must come along when another site leads back here. */
  readonly sameSite?: 'Lax'
}

/**
 * The one writer of our own cookies' Set-Cookie lines: Secure, HttpOnly, SameSite, Path=/, no Domain (rfc6265bis, layered-cookies).
 * Throws GateError `internal` for a line that a browser would drop or read otherwise.
 */
export function writeCookie({ name, value, maxAgeMs, sameSite }: OwnCookie): string {
  // Browsers compare the prefix without case, we with: a name of another case would be ours for them and a stranger's for us.
  if (!/^__Host-(?:Http-)?[a-z]+(?:-[a-z0-9]+)?$/.test(name)) throw new GateError('internal', `${name} is no name for a cookie of ours`)
  if (!COOKIE_VALUE.test(value)) throw new GateError('internal', `the value of ${name} holds characters that end it early`)
  if (name.length + value.length > MOST_BYTES) throw new GateError('internal', `${name} is longer than browsers keep`)
  const age = maxAgeMs === null ? '' : `Max-Age=${Math.min(Math.max(0, Math.ceil(maxAgeMs / 1_000)), MOST_SECONDS)}; `
  return `${name}=${value}; ${age}Path=/; Secure; HttpOnly; SameSite=${sameSite ?? 'Strict'}`
}

/** cookie-octet of RFC 6265 §4.1.1. */
const COOKIE_VALUE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/
/** layered-cookies, parse a cookie: name and value together; longer ones are dropped without a word. */
const MOST_BYTES = 4_096
/** layered-cookies: 400 days. */
const MOST_SECONDS = 400 * 86_400
