import { createHmac, type KeyObject } from 'node:crypto'
import type { Instant } from '../decide/head.ts'
import type { Account } from '../store/store.ts'
import { sameCode, spellCode } from './code.ts'

/** Over a night, and not over a weekend. */
export const INVITED_MS = 24 * 3_600_000

/** Codes with which an administrator who was named by an owner chooses a password; nobody else ever sets or sees it. */
export interface Invitations {
  /** The code of an account without a password, and until when it is good. The same one as long as nothing changes. */
  codeFor(account: Account): { readonly code: string; readonly expiresAt: Instant }
  holds(account: Account, typed: string, at: Instant): boolean
}

/** Made from the account and the moment at which it was invited, under the vault's key: no store holds it, and a later invitation ends it. */
export function createInvitations(key: KeyObject): Invitations {
  const since = ({ resetRequiredAt, createdAt }: Account): Instant => resetRequiredAt ?? createdAt
  const codeOf = (account: Account): string =>
    spellCode(
      createHmac('sha256', key)
        .update(`${account.id} ${since(account)}`)
        .digest()
        .subarray(0, 20),
    )
  return {
    codeFor: (account) => ({ code: codeOf(account), expiresAt: since(account) + INVITED_MS }),
    holds: (account, typed, at) =>
      sameCode(typed, codeOf(account)) && account.password === null && account.disabledAt === null && at < since(account) + INVITED_MS,
  }
}
