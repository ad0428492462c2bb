import { sprayHits } from '../decide/login-throttle.ts'
import { LOGIN_START } from '../decide/login.ts'
import { auditEvent } from '../audit/event.ts'
import { type Device, isKnownDevice } from '../decide/device.ts'
import type { AccountId, Standing } from '../decide/session.ts'
import type { Awaitable } from '../lib/awaitable.ts'
import { ask } from '../store/ask.ts'
import type { AccountStore, CounterStore } from '../store/store.ts'
import type { AuditPart } from '../parts.ts'
import type { Cause } from './accounts.ts'
import type { Factors } from './factors.ts'
import type { Login, LoginOutcome } from './login.ts'
import type { Passkeys } from './passkeys.ts'
import { countAttempt } from './throttle.ts'

export interface PasskeyAttempt {
  readonly ceremony: string
  readonly response: string
  readonly address: string
  readonly device: Device | null
  readonly next: string
}

/** The first step of a login, by a passkey alone: no name, no password. Throws GateError `store_unavailable`. */
export type PasskeyLogin = (attempt: PasskeyAttempt, cause: Cause) => Promise<LoginOutcome>

export interface PasskeyLoginParts {
  readonly store: AccountStore
  readonly counters: Pick<CounterStore, 'add'>
  readonly sessions: { standing(account: AccountId): Awaitable<Standing> }
  readonly passkeys: Passkeys
  readonly factors: Pick<Factors, 'list'>
  readonly login: Pick<Login, 'move'>
  readonly audit: AuditPart
}

export function createPasskeyLogin({ store, counters, sessions, passkeys, factors, login, audit }: PasskeyLoginParts): PasskeyLogin {
  return async ({ ceremony, response, address, device, next }, cause) => {
    // A signature is not guessed; verifying it costs something.
    const wait = await countAttempt(counters, sprayHits(address), cause.at)
    if (wait !== null) return { kind: 'throttled', retryAfterMs: wait }
    const id = await passkeys.use('sign-in', null, ceremony, response, cause)
    // Of nobody's account, too, so that the answer takes as long.
    const { generation } = await ask(() => sessions.standing(id ?? ''))
    const account = id === null ? null : await ask(() => store.find(id))
    if (account === null) {
      const result = { result: 'failed', reason: 'passkey_refused' } as const
      audit.note(auditEvent({ ...cause, kind: 'login.failed', target: null, ...result, detail: { factor: 'passkey' } }))
      return { kind: 'refused', code: 'passkey_refused' }
    }
    const isKnown = device !== null && isKnownDevice(device, account.id, account.passwordChangedAt)
    const context = { generation, isKnownDevice: isKnown, isPasswordLocked: false, next }
    return await login.move(account, await factors.list(account.id), LOGIN_START, { kind: 'passkey', holds: true }, context, cause)
  }
}
