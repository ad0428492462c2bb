import { auditEvent } from '../audit/event.ts'
import { stepUpHits } from '../decide/login-throttle.ts'
import { withFactor } from '../decide/freshness.ts'
import type { Factor, FactorKind, Session } from '../decide/session.ts'
import { ask } from '../store/ask.ts'
import type { Account } from '../store/store.ts'
import type { AccountParts, Cause } from './accounts.ts'
import { type Factors, isShown } from './factors.ts'
import type { Passkeys } from './passkeys.ts'
import { clearAttempts, countAttempt } from './throttle.ts'

/** What somebody shows to confirm who it is. */
export type Shown =
  | { readonly kind: 'password'; readonly password: string }
  /** Of an authenticator app, or a recovery code. */
  | { readonly kind: 'code'; readonly code: string }
  | { readonly kind: 'passkey'; readonly ceremony: string; readonly response: string }

export type StepUpOutcome =
  /** `factors`: what the session stands on from now on. */
  | { readonly kind: 'proven'; readonly factors: readonly Factor[] }
  | { readonly kind: 'refused'; readonly code: 'password_wrong' | 'code_wrong' | 'passkey_refused' | 'second_factor_required' }
  /** The account is closed or gone: its session is about to end. */
  | { readonly kind: 'closed' }
  | { readonly kind: 'throttled'; readonly retryAfterMs: number }

/** Whoever holds a session shows once more that it is he. Throws GateError `store_unavailable`, `busy`. */
export type StepUp = (session: Session, shown: Shown, cause: Cause) => Promise<StepUpOutcome>

export type StepUpParts = Pick<AccountParts, 'store' | 'counters' | 'passwords' | 'audit'> & {
  readonly factors: Factors
  readonly passkeys: Passkeys
}

export function createStepUp(parts: StepUpParts): StepUp {
  const { store, counters, audit, factors, passkeys } = parts
  return async (session, shown, cause) => {
    const note = (reason: string): void =>
      audit.note(
        auditEvent({
          ...cause,
          kind: 'session.step_up_failed',
          target: session.name,
          result: 'failed',
          reason,
          detail: { factor: shown.kind },
        }),
      )
    const account = await ask(() => store.find(session.account))
    if (account === null || account.disabledAt !== null) return { kind: 'closed' }
    const hasSecond = (await factors.list(account.id)).some(isShown)
    // The stronger proof where there is one: whoever has the password has often got it where he got the session.
    if (hasSecond && shown.kind === 'password') {
      note('second_factor_required')
      return { kind: 'refused', code: 'second_factor_required' }
    }
    const checked = await check(account)
    if (checked.kind === 'throttled') {
      note('too_many_attempts')
      return checked
    }
    if (!checked.holds) {
      const code = WRONG[shown.kind]
      note(code)
      return { kind: 'refused', code }
    }
    return { kind: 'proven', factors: withFactor(session.factors, { kind: checked.factor, at: cause.at }) }

    async function check(account: Account): Promise<Checked> {
      switch (shown.kind) {
        case 'password':
          return await checkPassword(account, shown.password)
        case 'code':
          return await factors.checkCode(account, shown.code, cause)
        case 'passkey': {
          const whose = await passkeys.use('step-up', account, shown.ceremony, shown.response, cause)
          return { kind: 'checked', factor: 'passkey', holds: whose === account.id }
        }
      }
    }

    async function checkPassword(account: Account, password: string): Promise<Checked> {
      const hits = stepUpHits(account.id)
      // Before anything is counted: who is sent away because too many wait has not guessed.
      const place = parts.passwords.reserve()
      try {
        const retryAfterMs = await countAttempt(counters, hits, cause.at)
        if (retryAfterMs !== null) return { kind: 'throttled', retryAfterMs }
        const { holds } = await place.verify(password, account.password)
        if (holds) await clearAttempts(counters, hits)
        return { kind: 'checked', factor: 'password', holds }
      } finally {
        place.release()
      }
    }
  }
}

const WRONG = { password: 'password_wrong', code: 'code_wrong', passkey: 'passkey_refused' } as const

type Checked =
  | { readonly kind: 'checked'; readonly factor: FactorKind; readonly holds: boolean }
  | { readonly kind: 'throttled'; readonly retryAfterMs: number }
