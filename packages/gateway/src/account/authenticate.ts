import { auditEvent } from '../audit/event.ts'
import { accountKey, readAccountName } from '../decide/account-name.ts'
import { type Device, isKnownDevice } from '../decide/device.ts'
import type { Hit } from '../decide/counters.ts'
import { advanceLogin, isLocked, LOGIN_START, nextLock } from '../decide/login.ts'
import { attemptHits, deviceHit, sprayHits } from '../decide/login-throttle.ts'
import { hasSecondFactor } from '../decide/freshness.ts'
import type { AccountId, Session, Standing } from '../decide/session.ts'
import { GateError } from '../errors.ts'
import type { Awaitable } from '../lib/awaitable.ts'
import { ask } from '../store/ask.ts'
import type { Account, NonceStore } from '../store/store.ts'
import type { AccountParts, Cause } from './accounts.ts'
import type { Factors } from './factors.ts'
import type { Login, LoginOutcome } from './login.ts'
import type { Place } from './password.ts'
import { clearAttempts, countAttempt } from './throttle.ts'

export interface Attempt {
  /** As typed. */
  readonly name: string
  readonly password: string
  readonly address: string
  readonly device: Device | null
  /** A session that this browser shows and that ended for being idle; null where none may be resumed. */
  readonly idled?: Session | null
  /** Where to go on to. */
  readonly next: string
}

export type Authenticate = (attempt: Attempt, cause: Cause) => Promise<LoginOutcome>

/** What the first step needs: the accounts' parts, who else is signed in, and the way on. */
export interface AuthenticateParts extends Omit<AccountParts, 'sessions' | 'ownWords'> {
  readonly sessions: { standing(account: AccountId): Awaitable<Standing> }
  readonly factors: Pick<Factors, 'list'>
  readonly nonces: Pick<NonceStore, 'spend'>
  readonly login: Pick<Login, 'move' | 'refuse'>
}

/** The first step of a login, by password: throttled, the same work for every name, locked for strangers after too many failures. Throws GateError `store_unavailable`, `busy`. */
export function createAuthenticate(parts: AuthenticateParts): Authenticate {
  const { store, counters, sessions, passwords, audit, factors, login, nonces } = parts

  return async (attempt, cause) => {
    // Before anything is counted: who is sent away because too many wait has not guessed.
    const place = passwords.reserve()
    try {
      return await judge(attempt, cause, place)
    } finally {
      place.release()
    }
  }

  async function judge(attempt: Attempt, cause: Cause, place: Place): Promise<LoginOutcome> {
    const key = lookupKey(attempt.name)
    const account = await ask(() => store.findByKey(key))
    const lane = await pickLane(attempt, key, account, cause)
    const wait = await countAttempt(counters, lane.hits, cause.at)
    if (wait !== null) {
      const reason = { result: 'refused', reason: 'too_many_attempts' } as const
      const detail = { factor: 'password', knownDevice: lane.isKnown }
      audit.note(auditEvent({ ...cause, kind: 'login.throttled', target: account?.name ?? null, ...reason, detail }))
      return { kind: 'throttled', retryAfterMs: wait }
    }
    // Before the password is checked: whoever ends the account's sessions meanwhile also ends this login. Asked for every name (PWD-12).
    const { generation } = await ask(() => sessions.standing(account?.id ?? ''))
    const own = await factors.list(account?.id ?? '')
    // The failure is counted before it is one, beside the hashing: guesses at the same moment cannot outrun the count, and a name that
    // exists takes no longer than one that does not (PWD-12). A success takes it back.
    const wasLocked = account !== null && isLocked(account, cause.at)
    const [check, failures] = await Promise.all([
      place.verify(attempt.password, account?.password ?? null),
      account === null || lane.isKnown || wasLocked ? 0 : ask(() => store.addFailure(account.id)),
    ])
    const proof = { kind: 'password', holds: check.holds } as const
    if (account === null) {
      return login.refuse(advanceLogin(LOGIN_START, proof, null, cause.at), null, 'password', cause, { knownDevice: lane.isKnown })
    }
    const current = check.holds ? await stillThere(account, check.isOutdated ? attempt.password : null) : account
    // The password was changed while it was checked: what was shown is not the password any more.
    if (current === null) return { kind: 'refused', code: 'login_failed' }
    // By the count as well: the row was read before, and those who guess beside each other all saw it open.
    const isPasswordLocked = wasLocked || failures > nextLock(account)
    const resumed = check.holds ? await resumedBy(attempt, account, cause) : null
    const context = { generation, isKnownDevice: lane.isKnown, isPasswordLocked, next: attempt.next, resumed }
    const outcome = await login.move(current, own, LOGIN_START, proof, context, cause)
    if (outcome.kind === 'granted' || outcome.kind === 'next') {
      await clearAttempts(counters, lane.clears)
      // On a device of hers a lock stays for strangers: she has shown that it is she, not that they are gone.
      const passwordLockedAt = lane.isKnown ? current.passwordLockedAt : null
      await ask(() => store.update(account.id, { failures: 0, passwordLockedAt }))
    } else if (failures >= nextLock(account)) await lock(account, failures, cause)
    return outcome
  }

  /** Once: whoever copied the cookie and comes later shows the second factor. */
  async function resumedBy({ idled = null }: Attempt, { id }: Account, { at }: Cause): Promise<Session | null> {
    if (idled === null || idled.account !== id || !hasSecondFactor(idled)) return null
    return (await ask(() => nonces.spend('resume', idled.id, at + RESUME_MS))) ? idled : null
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

  /** The account as it is after the hashing, which took a while; with its password hashed anew where that was made with less work. */
  async function stillThere(account: Account, rehash: string | null): Promise<Account | null> {
    // A right password is right, also when there is no room to seal it anew: that is done next time.
    const fresh = rehash === null ? null : await passwords.hash(rehash).catch(nullWhenBusy)
    const now = await ask(() => store.find(account.id))
    if (now === null || now.password !== account.password) return null
    return fresh === null ? now : await ask(() => store.update(account.id, { password: fresh }))
  }

  async function lock(account: Account, failures: number, cause: Cause): Promise<void> {
    await ask(() => store.update(account.id, { passwordLockedAt: cause.at }))
    await audit.commit(auditEvent({ ...cause, kind: 'password.locked', target: account.name, result: 'refused', detail: { failures } }))
  }
}

/** Longer than any session is kept after its end. */
const RESUME_MS = 40 * 86_400_000

interface Picked {
  readonly isKnown: boolean
  readonly hits: readonly Hit[]
  readonly clears: readonly Hit[]
}

/** What cannot be a name is nobody's, and all of it shares one counter: a store must not grow with what strangers type. */
function lookupKey(typed: string): string {
  return readAccountName(typed.trim()).kind === 'name' ? accountKey(typed) : ''
}

function nullWhenBusy(cause: unknown): null {
  if (cause instanceof GateError && cause.code === 'busy') return null
  throw cause
}
