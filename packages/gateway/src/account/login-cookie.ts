import { PROGRESS_COOKIE, readCookie } from '../decide/cookies.ts'
import type { Instant, RequestHead } from '../decide/head.ts'
import type { LoginState } from '../decide/login.ts'
import type { AccountId } from '../decide/session.ts'
import { writeCookie } from '../session/cookie.ts'
import type { Sealer } from '../session/sealed.ts'

/** A login that is not over: whose, how far, and what the account was like when it began. Opens nothing but its own next step. */
export interface LoginProgress {
  /** Spent when the login is over: it cannot be finished twice. */
  readonly id: string
  readonly account: AccountId
  /** Of the account's sessions before the first proof was checked; see session/sessions.ts, start. */
  readonly generation: number
  /** What of the account must not change meanwhile; see login.ts. */
  readonly stamp: string
  readonly isKnownDevice: boolean
  readonly state: LoginState
  /** A path of this origin to go on to. */
  readonly next: string
}

/** Logins in progress, sealed in the browser that began them. */
export interface LoginCookies {
  /** Null for none, for one that is not ours or over, and for two of them. */
  open(head: Pick<RequestHead, 'headers' | 'at'>): LoginProgress | null
  /** The Set-Cookie line. */
  keep(progress: LoginProgress, at: Instant): string
}

/** Time enough to find the phone. */
export const LOGIN_MS = 600_000

/** `name`: the cookie's; the website's when left out. */
export function createLoginCookies(sealer: Sealer, name = PROGRESS_COOKIE): LoginCookies {
  return {
    open({ headers, at }) {
      const cookie = readCookie(headers, name)
      const text = cookie.kind === 'one' ? sealer.open(cookie.value, at) : null
      if (text === null) return null
      // Sealed by us a few minutes ago; after an update of the gateway it may have another shape.
      const value = JSON.parse(text) as Partial<LoginProgress> | null
      return typeof value?.account === 'string' && value.state !== undefined && typeof value.stamp === 'string'
        ? (value as LoginProgress)
        : null
    },
    keep: (progress, at) =>
      writeCookie({
        name,
        value: sealer.seal(JSON.stringify(progress), at + LOGIN_MS),
        maxAgeMs: LOGIN_MS,
        sameSite: 'Lax',
      }),
  }
}
