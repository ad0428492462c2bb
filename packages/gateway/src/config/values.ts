import * as z from 'zod'
import { parseHttpUrl, parseListen, parseOrigin } from './address.ts'
import { parseDuration, parseSize } from './units.ts'

const SECOND = 1000
const DAY = 86_400_000

/** A text that `read` understands; the problem names `fix`, never the text itself: it might be a secret in the wrong place. */
function spelled<T>(read: (text: string) => T | null, wrong: string, fix: string) {
  // A bare number, as in `idle: 30`, deserves the same answer as a text that cannot be read.
  const written = z.string({ error: ({ input }) => (input === undefined ? undefined : `${wrong}\n${fix}`) })
  return written.transform((text, ctx): T => {
    const value = read(text)
    if (value !== null) return value
    ctx.issues.push({ code: 'custom', message: wrong, params: { fix }, input: text })
    return z.NEVER
  })
}

/** `30s`, `15m`, `12h`, `7d` → milliseconds, within bounds. */
export function duration(leastMs = SECOND, mostMs = 366 * DAY) {
  const within = (text: string): number | null => {
    const ms = parseDuration(text)
    return ms === null || ms < leastMs || ms > mostMs ? null : ms
  }
  return spelled(
    within,
    'This is not a duration that can be used here',
    `Write a number and its unit (ms, s, m, h, d), as in 30m; at least ${leastMs / SECOND}s.`,
  )
}

/** `16KiB`, `10MiB` → bytes. */
export function size(leastBytes: number, mostBytes: number) {
  const within = (text: string): number | null => {
    const bytes = parseSize(text)
    return bytes === null || bytes < leastBytes || bytes > mostBytes ? null : bytes
  }
  return spelled(
    within,
    'This is not a size that can be used here',
    `Write a number and its unit (B, KiB, MiB, GiB), as in 10MiB; from ${leastBytes}B to ${mostBytes}B.`,
  )
}

export function listenAddress() {
  const either = z.union([z.string(), z.number()]).transform(String)
  const fix = 'Write HOST:PORT, as in 127.0.0.1:8080, or :8080 for every address of this machine.'
  return either.pipe(spelled(parseListen, 'This is not an address to listen on', fix))
}

/** An http(s) URL without user, query and fragment; in the spelling of the WHATWG URL standard. */
export function httpUrl(fix: string) {
  return spelled(
    (text) => parseHttpUrl(text)?.href ?? null,
    'This is not an http or https URL without user, password, query and fragment',
    fix,
  )
}

/** An issuer: as `httpUrl`, but kept letter by letter, because that is how issuers are compared (OpenID Connect Discovery §4.3). */
export function issuer() {
  return spelled(
    (text) => (parseHttpUrl(text) === null ? null : text),
    'This is not an http or https URL without user, password, query and fragment',
    'Write the issuer as the provider’s metadata spell it, as in https://accounts.example.com.',
  )
}

/** Scheme, host and port, nothing after them; in canonical spelling. */
export function origin() {
  return spelled(parseOrigin, 'This is not an origin', 'Write scheme, host and port only, as in https://app.example.com.')
}

export function filePath() {
  return z.string().min(1, 'A path cannot be empty')
}

export function text(most: number) {
  return z
    .string()
    .max(most, `This text is longer than ${most} characters`)
    .regex(/^[^\p{Cc}]*$/u, 'This text holds control characters')
}
