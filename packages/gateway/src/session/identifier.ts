import { hash } from 'node:crypto'
import type { SessionId } from '../decide/session.ts'
import type { Random } from '../lib/random.ts'

/** 256 bits that say nothing (SES-01), as base64url: the cookie's value. */
export function newCookieValue(random: Random): string {
  return random(32).toString('base64url')
}

/**
 * The store's key for a cookie's value; null when it cannot be one of ours. Hashed as text, not decoded: base64url has several
 * spellings of the same bytes, and only the one that we sent opens the session.
 */
export function sessionIdOf(cookieValue: string): SessionId | null {
  return COOKIE_VALUE.test(cookieValue) ? hash('sha256', cookieValue, 'base64url') : null
}

/** 32 bytes. Checked before anything is hashed or asked: a flood of long nonsense costs next to nothing. */
const COOKIE_VALUE = /^[A-Za-z0-9_-]{43}$/
