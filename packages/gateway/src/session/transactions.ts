import { hash, type KeyObject } from 'node:crypto'
import { cookieNames, LOGIN_COOKIE, readCookie } from '../decide/cookies.ts'
import type { Instant, RequestHead } from '../decide/head.ts'
import type { SessionId } from '../decide/session.ts'
import type { Random } from '../lib/random.ts'
import { writeCookie } from './cookie.ts'
import { createSealer } from './sealed.ts'

/** A sign-in under way: what the browser took along to the provider, and what must come back with it. */
export interface Transaction {
  readonly provider: string
  readonly state: string
  readonly nonce: string
  readonly verifier: string
  /** Where to go on to; a path of this origin. */
  readonly next: string
  /** `link`: the provider's identity is to belong to the session's account. */
  readonly purpose: 'sign-in' | 'link'
  /** The session that the browser had when it began. */
  readonly session: SessionId | null
  readonly beganAt: Instant
}

/** Sign-ins under way, each in a sealed cookie of its own: nothing is stored, and ten tabs do not get into each other's way. */
export interface Transactions {
  begin(
    head: RequestHead,
    wish: Pick<Transaction, 'provider' | 'next' | 'purpose' | 'session'>,
  ): {
    readonly transaction: Transaction
    readonly cookies: readonly string[]
  }
  /** The sign-in that this browser began with this state; null when it began none, or too long ago. */
  find(head: RequestHead, state: string): Transaction | null
  /** A `state` for signing out at a provider, that says where to go on to; and what it says when it comes back. */
  leave(next: string, at: Instant): string
  back(state: string, at: Instant): string | null
  /** The Set-Cookie line that ends it. */
  end(state: string): string
}

/** OIDC-04. */
export const SIGN_IN_MS = 10 * 60_000
/** More tabs than anybody signs in from at once; cookies that pile up end in 431. */
const MOST = 12

export function createTransactions(key: KeyObject, random: Random): Transactions {
  const sealer = createSealer({ key, random, purpose: 'sign-in' })
  const leaving = createSealer({ key, random, purpose: 'sign-out' })

  function read(head: RequestHead, name: string): Transaction | null {
    const cookie = readCookie(head.headers, name)
    const text = cookie.kind === 'one' ? sealer.open(cookie.value, head.at) : null
    // What opens was sealed here, under this purpose.
    return text === null ? null : (JSON.parse(text) as Transaction)
  }

  return {
    begin(head, wish) {
      const secret = (): string => random(32).toString('base64url')
      const transaction: Transaction = { ...wish, state: secret(), nonce: secret(), verifier: secret(), beganAt: head.at }
      const value = sealer.seal(JSON.stringify(transaction), head.at + SIGN_IN_MS)
      const own = writeCookie({ name: nameOf(transaction.state), value, maxAgeMs: SIGN_IN_MS, sameSite: 'Lax' })
      const earlier = cookieNames(head.headers, LOGIN_COOKIE).filter((name) => /^[a-z0-9]+$/.test(name.slice(LOGIN_COOKIE.length)))
      const ages = earlier.map((name) => ({ name, beganAt: read(head, name)?.beganAt ?? 0 })).toSorted((a, b) => b.beganAt - a.beganAt)
      return { transaction, cookies: [own, ...ages.slice(MOST - 1).map(({ name }) => ended(name))] }
    },
    find(head, state) {
      const transaction = read(head, nameOf(state))
      return transaction?.state === state ? transaction : null
    },
    leave: (next, at) => leaving.seal(next, at + SIGN_IN_MS),
    back: (state, at) => leaving.open(state, at),
    end: (state) => ended(nameOf(state)),
  }
}

/** Says nothing of the state, which is a secret until it comes back. */
function nameOf(state: string): string {
  return LOGIN_COOKIE + hash('sha256', state, 'hex').slice(0, 12)
}

function ended(name: string): string {
  return writeCookie({ name, value: '', maxAgeMs: 0, sameSite: 'Lax' })
}
