import { type DenialName, isDenied } from '../../decide/bearer.ts'
import type { Person } from '../../decide/id-token.ts'
import type { Instant } from '../../decide/head.ts'
import { ask } from '../../store/ask.ts'
import type { DenialStore } from '../../store/store.ts'

/** What a provider said has ended: one of its sessions, or with `sid` null whatever a person began there until `until`. */
export interface SignOut {
  readonly issuer: string
  readonly subject: string | null
  readonly sid: string | null
  readonly until: Instant
}

/**
 * A provider says that somebody signed out while his sign-in is still on its way here: nothing can be ended yet. It is remembered for as
 * long as a sign-in may take, and whoever keeps the provider's tokens for a session asks afterwards. The one writes before it looks for
 * sessions, the other looks after it has written: one of them sees the other. Throws GateError `store_unavailable`.
 */
export interface SignOuts {
  remember(signOut: SignOut, at: Instant): Promise<void>
  /** The same of a login that waits for its next step. */
  rememberLogin(login: string, at: Instant): Promise<void>
  coversPerson(person: Pick<Person, 'issuer' | 'subject' | 'sid' | 'issuedAt'>): Promise<boolean>
  coversLogin(login: string): Promise<boolean>
}

export function createSignOuts(store: Pick<DenialStore, 'deny' | 'find'>): SignOuts {
  const covers = async (names: readonly DenialName[], issuedAt: Instant): Promise<boolean> =>
    isDenied({ issuedAt }, await ask(() => store.find(names)))
  return {
    async remember({ issuer, subject, sid, until }, at) {
      // A session of the provider's that is over does not come again.
      if (sid !== null) await ask(() => store.deny(ofSession(issuer, sid), Number.MAX_SAFE_INTEGER, at + KEPT_MS))
      else if (subject !== null) await ask(() => store.deny(ofPerson(issuer, subject), until, at + KEPT_MS))
    },
    rememberLogin: (login, at) => ask(() => store.deny(ofLogin(login), Number.MAX_SAFE_INTEGER, at + KEPT_MS)),
    coversPerson: ({ issuer, subject, sid, issuedAt }) =>
      covers([ofPerson(issuer, subject), ...(sid === null ? [] : [ofSession(issuer, sid)])], issuedAt),
    coversLogin: (login) => covers([ofLogin(login)], 0),
  }
}

/** Longer than a sign-in may be under way, its second factor and a new password included. */
const KEPT_MS = 2 * 3_600_000

/** Beside denied JWTs, under issuers that are no URL. */
const ofPerson = (issuer: string, value: string): DenialName => ({ issuer: `signed out at ${issuer}`, what: 'subject', value })
const ofSession = (issuer: string, value: string): DenialName => ({ issuer: `signed out at ${issuer}`, what: 'jti', value })
const ofLogin = (value: string): DenialName => ({ issuer: 'signed out on the way', what: 'jti', value })
