import type { Instant } from '../decide/head.ts'
import type { AccountId } from '../decide/session.ts'
import type { Sealer } from '../session/sealed.ts'

/** Seeds that are shown and not confirmed yet: sealed, in the hands of whoever sees them anyway, so that the store holds none that nobody uses. */
export interface Enrolments {
  /** Null for what is not ours, another account's, or over. */
  open(sealed: string, account: AccountId, at: Instant): string | null
  seal(account: AccountId, seed: string, at: Instant): string
}

export function createEnrolments(sealer: Sealer): Enrolments {
  return {
    open(sealed, account, at) {
      const [own, seed] = sealer.open(sealed, at)?.split(' ') ?? []
      return own === account && seed !== undefined ? seed : null
    },
    seal: (account, seed, at) => sealer.seal(`${account} ${seed}`, at + ENROL_MS),
  }
}

export const ENROL_MS = 600_000
