import { auditEvent } from '../audit/event.ts'
import { stepUpHits } from '../decide/login-throttle.ts'
import { withFactor } from '../decide/freshness.ts'
import type { Factor, Session } from '../decide/session.ts'
import { ask } from '../store/ask.ts'
import type { AccountParts, Cause } from './accounts.ts'
import { clearAttempts, countAttempt } from './throttle.ts'

/** What somebody shows to confirm who it is. */
export type Shown = { readonly kind: 'password'; readonly password: string }

export type StepUpOutcome =
  /** `factors`: what the session stands on from now on. */
  | { readonly kind: 'proven'; readonly factors: readonly Factor[] }
  | { readonly kind: 'refused'; readonly code: 'password_wrong' }
  /** The account is closed or gone: its session is about to end. */
  | { readonly kind: 'closed' }
  | { readonly kind: 'throttled'; readonly retryAfterMs: number }

/** Whoever holds a session shows once more that it is he. Throws GateError `store_unavailable`, `busy`. */
export type StepUp = (session: Session, shown: Shown, cause: Cause) => Promise<StepUpOutcome>

export type StepUpParts = Pick<AccountParts, 'store' | 'counters' | 'passwords' | 'audit'>

export function createStepUp({ store, counters, passwords, audit }: StepUpParts): StepUp {
  return async (session, shown, cause) => {
    const hits = stepUpHits(session.account)
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
    const retryAfterMs = await countAttempt(counters, hits, cause.at)
    if (retryAfterMs !== null) {
      note('too_many_attempts')
      return { kind: 'throttled', retryAfterMs }
    }
    const account = await ask(() => store.find(session.account))
    if (account === null || account.disabledAt !== null) return { kind: 'closed' }
    const { holds } = await passwords.verify(shown.password, account.password)
    if (!holds) {
      note('password_wrong')
      return { kind: 'refused', code: 'password_wrong' }
    }
    await clearAttempts(counters, hits)
    return { kind: 'proven', factors: withFactor(session.factors, { kind: shown.kind, at: cause.at }) }
  }
}
