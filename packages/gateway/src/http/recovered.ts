import { readCookie, RECOVERY_COOKIE } from '../decide/cookies.ts'
import { writeCookie } from '../session/cookie.ts'
import type { Call } from './endpoint.ts'

/** The Set-Cookie line after a recovery: the sign-in page may say so once, and no link can make it say so. */
export function recoveredCookie(): string {
  return writeCookie({ name: RECOVERY_COOKIE, value: RECOVERED, maxAgeMs: 60_000, sameSite: 'Lax' })
}

export function isRecovered({ head }: Call): boolean {
  const cookie = readCookie(head.headers, RECOVERY_COOKIE)
  return cookie.kind === 'one' && cookie.value === RECOVERED
}

/** No token has its length. */
const RECOVERED = 'done'
