import { auditEvent, type EventParts } from '../audit/event.ts'
import { accountKey, readAccountName } from '../decide/account-name.ts'
import { type Device, isKnownDevice } from '../decide/device.ts'
import type { Hit } from '../decide/counters.ts'
import { advanceLogin, LOGIN_START, type LoginRefusal, type LoginStanding, isLocked, nextLock } from '../decide/login.ts'
import { attemptHits, deviceHit, sprayHits } from '../decide/login-throttle.ts'
import type { AccountId, Factor, Standing } from '../decide/session.ts'
import { GateError } from '../errors.ts'
import type { Awaitable } from '../lib/awaitable.ts'
import { ask } from '../store/ask.ts'
import type { Account } from '../store/store.ts'
import { type AccountParts, type AccountSummary, type Cause, summary } from './accounts.ts'
import type { Place } from './password.ts'
import { clearAttempts, countAttempt } from './throttle.ts'

export interface Attempt {
  /** As typed. */
  readonly name: string
  readonly password: string
  readonly address: string
  readonly device: Device | null
}

export type AuthOutcome =
  /** `generation`: the account's before its password was checked; see session/sessions.ts, start. */
  | { readonly kind: 'granted'; readonly account: AccountSummary; readonly generation: number; readonly factors: readonly Factor[] }
  /** One answer for every reason: what was wrong is in the audit trail only. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'throttled'; readonly retryAfterMs: number }

export type Authenticate = (attempt: Attempt, cause: Cause) => Promise<AuthOutcome>

/** What a login needs from session/sessions.ts. */
export interface AuthenticateParts extends Omit<AccountParts, 'sessions' | 'ownWords'> {
  readonly sessions: { standing(account: AccountId): Awaitable<Standing> }
}

/** Login by password: throttled, the same work for every name, locked for strangers after too many failures. Throws GateError `store_unavailable`, `busy`. */
export function createAuthenticate(parts: AuthenticateParts): Authenticate {
  const { store, counters, sessions, passwords, audit } = parts

  return async (attempt, cause) => {
    // Before anything is counted: who is sent away because too many wait has not guessed.
    const place = passwords.reserve()
    try {
      return await judge(attempt, cause, place)
    } finally {
      place.release()
    }
  }

  async function judge(attempt: Attempt, cause: Cause, place: Place): Promise<AuthOutcome> {
    const key = lookupKey(attempt.name)
    const account = await ask(() => store.findByKey(key))
    const lane = await pickLane(attempt, key, account, cause)
    const wait = await countAttempt(counters, lane.hits, cause.at)
    if (wait !== null) {
      note('login.throttled', account, cause, { knownDevice: lane.isKnown })
      return { kind: 'throttled', retryAfterMs: wait }
    }
    // Before the password is checked: whoever ends the account's sessions meanwhile also ends this login. Asked for every name (PWD-12).
    const { generation } = await ask(() => sessions.standing(account?.id ?? ''))
    // The failure is counted before it is one, beside the hashing: guesses at the same moment cannot outrun the count, and a name that
    // exists takes no longer than one that does not (PWD-12). A success takes it back.
    const wasLocked = account !== null && isLocked(account, cause.at)
    const [check, failures] = await Promise.all([
      place.verify(attempt.password, account?.password ?? null),
      account === null || lane.isKnown || wasLocked ? 0 : ask(() => store.addFailure(account.id)),
    ])
    // By the count as well: the row was read before, and those who guess beside each other all saw it open.
    const isPasswordLocked = wasLocked || (account !== null && failures > nextLock(account))
    const standing = standingOf(account, lane.isKnown, isPasswordLocked)
    const move = advanceLogin(LOGIN_START, { kind: 'password', holds: check.holds }, standing, cause.at)
    switch (move.kind) {
      case 'grant':
        if (account === null) throw new GateError('internal', 'a login was granted to nobody')
        await clearAttempts(counters, lane.clears)
        return await grant(account, { generation, factors: move.factors }, check.isOutdated ? attempt.password : null, lane.isKnown, cause)
      case 'next':
        throw new GateError('internal', `no way to take the proof ${move.state.awaits}`)
      case 'refusal':
        note('login.failed', account, cause, { knownDevice: lane.isKnown, why: move.why satisfies LoginRefusal })
        if (account !== null && failures >= nextLock(account)) await lock(account, failures, cause)
        return { kind: 'refused' }
    }
  }

  async function pickLane(attempt: Attempt, key: string, account: Account | null, cause: Cause): Promise<Picked> {
    const { device } = attempt
    if (account !== null && device !== null && isKnownDevice(device, account.id, account.passwordChangedAt)) {
      const closing = deviceHit(key, device.id)
      if ((await countAttempt(counters, [closing], cause.at)) === null) {
        const hits = attemptHits(key, { kind: 'device', device: device.id })
        return { isKnown: true, hits, clears: [closing, ...hits] }
      }
    }
    const hits = attemptHits(key, { kind: 'network', address: attempt.address })
    return { isKnown: false, hits: [...sprayHits(attempt.address), ...hits], clears: hits }
  }

  async function grant(
    account: Account,
    proven: { readonly generation: number; readonly factors: readonly Factor[] },
    rehash: string | null,
    isKnown: boolean,
    cause: Cause,
  ): Promise<AuthOutcome> {
    // A right password is right, also when there is no room to seal it anew: that is done next time.
    const fresh = rehash === null ? null : await passwords.hash(rehash).catch(nullWhenBusy)
    const now = await ask(() => store.find(account.id))
    // Hashing took a while: a password that was changed meanwhile stays changed.
    if (now === null || now.password !== account.password) return { kind: 'refused' }
    // On a device of hers it stays for strangers: she has shown that it is she, not that they are gone.
    const passwordLockedAt = isKnown ? now.passwordLockedAt : null
    const columns = { failures: 0, passwordLockedAt, lastLoginAt: cause.at, ...(fresh === null ? {} : { password: fresh }) }
    const changed = await ask(() => store.update(account.id, columns))
    if (changed === null) return { kind: 'refused' }
    note(
      'login.succeeded',
      account,
      { ...cause, actor: { via: 'browser', account: account.name, session: null } },
      { knownDevice: isKnown },
    )
    return { kind: 'granted', account: summary(changed), ...proven }
  }

  async function lock(account: Account, failures: number, cause: Cause): Promise<void> {
    await ask(() => store.update(account.id, { passwordLockedAt: cause.at }))
    await audit.commit(auditEvent({ ...cause, kind: 'password.locked', target: account.name, result: 'refused', detail: { failures } }))
  }

  /** A name without an account is not written down: people type their password into the wrong field. */
  function note(kind: keyof typeof RESULTS, account: Account | null, cause: Cause, detail: EventParts['detail']): void {
    audit.note(auditEvent({ ...cause, kind, target: account?.name ?? null, ...RESULTS[kind], detail: { factor: 'password', ...detail } }))
  }
}

interface Picked {
  readonly isKnown: boolean
  readonly hits: readonly Hit[]
  readonly clears: readonly Hit[]
}

const RESULTS = {
  'login.succeeded': { result: 'ok' },
  'login.failed': { result: 'failed', reason: 'login_failed' },
  'login.throttled': { result: 'refused', reason: 'too_many_attempts' },
} as const

/** What cannot be a name is nobody's, and all of it shares one counter: a store must not grow with what strangers type. */
function lookupKey(typed: string): string {
  return readAccountName(typed.trim()).kind === 'name' ? accountKey(typed) : ''
}

function nullWhenBusy(cause: unknown): null {
  if (cause instanceof GateError && cause.code === 'busy') return null
  throw cause
}

function standingOf(account: Account | null, isKnown: boolean, isPasswordLocked: boolean): LoginStanding | null {
  if (account === null) return null
  return {
    demands: ['password'],
    isDisabled: account.disabledAt !== null,
    isPasswordLocked,
    isKnownDevice: isKnown,
  }
}
