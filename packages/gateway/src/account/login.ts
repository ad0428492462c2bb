import { createHash } from 'node:crypto'
import { auditEvent, type EventParts } from '../audit/event.ts'
import { advanceLogin, type LoginMove, type LoginStanding, type LoginState, type LoginStep, type Proof } from '../decide/login.ts'
import type { Instant } from '../decide/head.ts'
import type { Factor, Session } from '../decide/session.ts'
import type { Random } from '../lib/random.ts'
import type { AuditPart } from '../parts.ts'
import { ask } from '../store/ask.ts'
import type { Account, AccountStore, NonceStore, StoredFactor } from '../store/store.ts'
import { type AccountSummary, type Cause, summary } from './accounts.ts'
import { type Factors, isShown } from './factors.ts'
import type { Passkeys } from './passkeys.ts'
import { LOGIN_MS, type LoginProgress } from './login-cookie.ts'

export type LoginOutcome =
  /** `generation`: the account's before its first proof was checked; see session/sessions.ts, start. */
  | {
      readonly kind: 'granted'
      readonly account: AccountSummary
      readonly generation: number
      readonly factors: readonly Factor[]
      /** A session goes on that had ended for being idle: its absolute end is counted from here. */
      readonly authenticatedAt?: Instant
    }
  /** A new password is set; nobody is signed in. */
  | { readonly kind: 'recovered' }
  | { readonly kind: 'next'; readonly progress: LoginProgress; readonly methods: Methods }
  /** `login_failed` for every reason at the first step: what was wrong is in the audit trail only. */
  | { readonly kind: 'refused'; readonly code: 'login_failed' | 'code_wrong' | 'passkey_refused' | 'login_outdated' }
  | { readonly kind: 'throttled'; readonly retryAfterMs: number }

/** What the next step takes, for the page. */
export type Methods = readonly ('totp' | 'passkey' | 'recovery-code')[]

export interface LoginParts {
  readonly store: AccountStore
  readonly factors: Factors
  readonly passkeys: Passkeys
  readonly nonces: Pick<NonceStore, 'spend'>
  readonly audit: AuditPart
  readonly random: Random
  /** Does the owner demand a second factor of accounts with these roles? */
  readonly demandsSecondFactor: (roles: readonly string[]) => boolean
  /** Can a link to a new password be mailed at all? */
  readonly mailsLinks: () => boolean
}

/** What a move depends on besides account and proof. */
export interface MoveContext {
  readonly generation: number
  readonly isKnownDevice: boolean
  readonly isPasswordLocked: boolean
  readonly next: string
  /** A session of this account that ended for being idle, and that goes on. */
  readonly resumed?: Session | null
}

/** A login after its first proof, step by step. Throws GateError `store_unavailable`, `busy`. */
export interface Login {
  /** Applies one proof to a state. `factors` are the account's own. */
  move(
    account: Account,
    factors: readonly StoredFactor[],
    state: LoginState,
    proof: Proof,
    context: MoveContext,
    cause: Cause,
  ): Promise<LoginOutcome>
  /** A refusal that says nothing, for an account or none. */
  refuse(move: LoginMove, account: Account | null, factor: string, cause: Cause, detail: EventParts['detail']): LoginOutcome
  /** The account of a login in progress; null when it is not what it was any more. */
  resume(progress: LoginProgress): Promise<Account | null>
  methods(progress: LoginProgress): Promise<Methods>
  code(progress: LoginProgress, typed: string, cause: Cause): Promise<LoginOutcome>
  passkey(progress: LoginProgress, ceremony: string, response: string, cause: Cause): Promise<LoginOutcome>
  /** `proof` was given, whatever it took: the account is as it was when this was asked for, but for what the proof itself changed. */
  prove(progress: LoginProgress, account: Account, proof: Proof, cause: Cause): Promise<LoginOutcome>
}

export function createLogin({ store, factors, passkeys, nonces, audit, random, demandsSecondFactor, mailsLinks }: LoginParts): Login {
  function standingOf(account: Account, own: readonly StoredFactor[], context: MoveContext): LoginStanding {
    return {
      hasSecondFactor: own.some(isShown),
      needsSecondFactor: demandsSecondFactor(account.roles),
      needsNewPassword: account.resetRequiredAt !== null,
      hasMail: account.mail !== null && account.password !== null && mailsLinks(),
      isDisabled: account.disabledAt !== null,
      isPasswordLocked: context.isPasswordLocked,
      isKnownDevice: context.isKnownDevice,
      resumable: context.resumed?.factors ?? [],
    }
  }

  async function move(
    account: Account,
    own: readonly StoredFactor[],
    state: LoginState,
    proof: Proof,
    context: MoveContext,
    cause: Cause,
    id: string = random(16).toString('base64url'),
  ): Promise<LoginOutcome> {
    const moved = advanceLogin(state, proof, standingOf(account, own, context), cause.at)
    switch (moved.kind) {
      case 'grant':
        return await grant(account, id, moved.factors, context, cause)
      case 'next': {
        const { generation, isKnownDevice, next } = context
        const progress = { id, account: account.id, generation, stamp: stampOf(account, own), isKnownDevice, state: moved.state, next }
        return { kind: 'next', progress, methods: methodsOf(own, moved.state.step) }
      }
      case 'recovered':
        return (await isFirst(id, cause)) ? { kind: 'recovered' } : { kind: 'refused', code: 'login_outdated' }
      case 'refusal':
        return refuse(moved, account, proof.kind, cause, { knownDevice: context.isKnownDevice })
    }
  }

  async function grant(account: Account, id: string, proven: readonly Factor[], context: MoveContext, cause: Cause): Promise<LoginOutcome> {
    if (!(await isFirst(id, cause))) return { kind: 'refused', code: 'login_outdated' }
    const changed = await ask(() => store.update(account.id, { lastLoginAt: cause.at }))
    if (changed === null) return { kind: 'refused', code: 'login_failed' }
    const actor = { via: 'browser', account: account.name, session: null } as const
    const factor = proven.map(({ kind }) => kind).join(' ')
    const detail = { factor, knownDevice: context.isKnownDevice, ...(context.resumed ? { resumed: true } : {}) }
    audit.note(auditEvent({ ...cause, kind: 'login.succeeded', target: account.name, actor, detail }))
    const granted = { kind: 'granted', account: summary(changed), generation: context.generation, factors: proven } as const
    const { resumed = null } = context
    return resumed === null ? granted : { ...granted, authenticatedAt: resumed.authenticatedAt }
  }

  /** Whoever copied the cookie of a login in progress finds it used. */
  async function isFirst(id: string, { at }: Cause): Promise<boolean> {
    return await ask(() => nonces.spend('login', id, at + LOGIN_MS))
  }

  function refuse(moved: LoginMove, account: Account | null, factor: string, cause: Cause, detail: EventParts['detail']): LoginOutcome {
    const why = moved.kind === 'refusal' ? moved.why : 'out-of-order'
    const result = { result: 'failed', reason: 'login_failed' } as const
    // A name without an account is not written down: people type their password into the wrong field.
    audit.note(auditEvent({ ...cause, kind: 'login.failed', target: account?.name ?? null, ...result, detail: { factor, ...detail, why } }))
    if (why === 'out-of-order') return { kind: 'refused', code: 'login_outdated' }
    if (why !== 'wrong' || factor === 'password')
      return { kind: 'refused', code: factor === 'passkey' ? 'passkey_refused' : 'login_failed' }
    return { kind: 'refused', code: factor === 'passkey' ? 'passkey_refused' : 'code_wrong' }
  }

  function methodsOf(own: readonly StoredFactor[], step: LoginStep): Methods {
    switch (step) {
      case 'second-factor':
        return (['totp', 'passkey', 'recovery-code'] as const).filter((method) =>
          own.some(({ kind }) => kind === (method === 'recovery-code' ? 'recovery-codes' : method)),
        )
      case 'enrol':
        return passkeys.isOffered() ? ['totp', 'passkey'] : ['totp']
      case 'identify':
      case 'mail-link':
      case 'new-password':
        return []
    }
  }

  async function resume(progress: LoginProgress): Promise<Account | null> {
    const account = await ask(() => store.find(progress.account))
    if (account === null || account.disabledAt !== null) return null
    return stampOf(account, await factors.list(account.id)) === progress.stamp ? account : null
  }

  async function prove(progress: LoginProgress, account: Account, proof: Proof, cause: Cause): Promise<LoginOutcome> {
    const context = { ...progress, isPasswordLocked: false }
    return await move(account, await factors.list(account.id), progress.state, proof, context, cause, progress.id)
  }

  return {
    move,
    refuse,
    resume,
    prove,
    async methods({ account, state }) {
      return methodsOf(await factors.list(account), state.step)
    },
    async passkey(progress, ceremony, response, cause) {
      const account = await resume(progress)
      if (account === null || progress.state.step !== 'second-factor') return { kind: 'refused', code: 'login_outdated' }
      const holds = (await passkeys.use('second-factor', account, ceremony, response, cause)) === account.id
      return await prove(progress, account, { kind: 'passkey', holds }, cause)
    },
    async code(progress, typed, cause) {
      const account = await resume(progress)
      if (account === null || progress.state.step !== 'second-factor') return { kind: 'refused', code: 'login_outdated' }
      const checked = await factors.checkCode(account, typed, cause)
      if (checked.kind === 'throttled') {
        const reason = { result: 'refused', reason: 'too_many_attempts' } as const
        audit.note(auditEvent({ ...cause, kind: 'login.throttled', target: account.name, ...reason, detail: { factor: 'second' } }))
        return checked
      }
      return await prove(progress, account, { kind: checked.factor, holds: checked.holds }, cause)
    },
  }
}

/** What would make a login in progress a login to something else: a changed password, a factor that came or went, a demanded reset. */
function stampOf({ passwordChangedAt, resetRequiredAt, roles }: Account, own: readonly StoredFactor[]): string {
  const facts = JSON.stringify([passwordChangedAt, resetRequiredAt, roles, own.map(({ id }) => id)])
  return createHash('sha256').update(facts).digest('base64url')
}
