import type { KeyObject } from 'node:crypto'
import { auditEvent, type EventParts } from '../audit/event.ts'
import type { Instant } from '../decide/head.ts'
import { codeHits } from '../decide/login-throttle.ts'
import type { AccountId } from '../decide/session.ts'
import { GateError } from '../errors.ts'
import type { Random } from '../lib/random.ts'
import type { AuditPart } from '../parts.ts'
import type { Sealer } from '../session/sealed.ts'
import { ask } from '../store/ask.ts'
import type { CounterStore, FactorStore, NonceStore, StoredFactor } from '../store/store.ts'
import type { Cause } from './accounts.ts'
import { hashRecoveryCode, newCodes, readRecoveryCode } from './recovery-codes.ts'
import { clearAttempts, countAttempt } from './throttle.ts'
import { CODE_MS, stepOfCode } from './totp.ts'

export interface FactorParts {
  readonly store: FactorStore
  readonly counters: Pick<CounterStore, 'add' | 'clear'>
  readonly nonces: Pick<NonceStore, 'spend'>
  /** Seals TOTP seeds; its key is the vault's. */
  readonly seeds: Sealer
  /** Of the hashes of recovery codes; the vault's. */
  readonly codeKey: KeyObject
  readonly audit: AuditPart
  readonly random: Random
}

/** Whose factors: an account as far as they are concerned. */
export interface Owner {
  readonly id: AccountId
  readonly name: string
}

export type CodeCheck =
  | { readonly kind: 'checked'; readonly factor: 'totp' | 'recovery-code'; readonly holds: boolean }
  | { readonly kind: 'throttled'; readonly retryAfterMs: number }

export type Added = 'added' | 'code_wrong' | 'factor_limit'
export type Removed = 'removed' | 'unknown' | 'last_factor'

/** What accounts show beside their passwords; the only user of FactorStore. Throws GateError `store_unavailable`. */
export interface Factors {
  list(account: AccountId): Promise<readonly StoredFactor[]>
  /** A TOTP code or a recovery code, told apart by their shape. Throttled; right only once. */
  checkCode(owner: Owner, typed: string, cause: Cause): Promise<CodeCheck>
  /** The code shows that the app has the seed (MFA-05). */
  addTotp(owner: Owner, seed: string, code: string, name: string, cause: Cause): Promise<Added>
  /** New ones; those before open nothing from now on. Shown once. */
  makeRecoveryCodes(owner: Owner, cause: Cause): Promise<readonly string[]>
  /** `keepLast`: the last one that can be shown at sign-in stays. With it go the recovery codes, which stand in for it. */
  remove(owner: Owner, id: string, keepLast: boolean, cause: Cause): Promise<Removed>
}

export function createFactors({ store, counters, nonces, seeds, codeKey, audit, random }: FactorParts): Factors {
  async function list(account: AccountId): Promise<readonly StoredFactor[]> {
    return await ask(() => store.list(account))
  }

  async function note(kind: EventParts['kind'], owner: Owner, cause: Cause, detail: EventParts['detail'] = {}): Promise<void> {
    await audit.commit(auditEvent({ ...cause, kind, target: owner.name, detail }))
  }

  async function checkCode(owner: Owner, typed: string, cause: Cause): Promise<CodeCheck> {
    const hits = codeHits(owner.id)
    const retryAfterMs = await countAttempt(counters, hits, cause.at)
    if (retryAfterMs !== null) return { kind: 'throttled', retryAfterMs }
    const recovery = readRecoveryCode(typed)
    const holds =
      recovery === null ? await checkTotp(owner, typed.replaceAll(/\s/g, ''), cause.at) : await spendRecovery(owner, recovery, cause)
    if (holds) await clearAttempts(counters, hits)
    return { kind: 'checked', factor: recovery === null ? 'totp' : 'recovery-code', holds }
  }

  async function checkTotp(owner: Owner, code: string, at: Instant): Promise<boolean> {
    if (!/^\d{6}$/.test(code)) return false
    for (const factor of (await list(owner.id)).filter(({ kind }) => kind === 'totp')) {
      const step = await stepOfCode(openSeed(factor, at), code, at)
      if (step === null) continue
      // RFC 6238 §5.2: a code that was accepted once is not accepted again, whoever looked over the shoulder.
      if (!(await spend(factor.id, step, at))) return false
      await ask(() => store.use(factor.id, factor.content, factor.content, at))
      return true
    }
    return false
  }

  async function spend(factor: string, step: number, at: Instant): Promise<boolean> {
    return await ask(() => nonces.spend('totp', `${factor} ${String(step)}`, at + 2 * CODE_MS))
  }

  /** The seed is sealed with whose it is: moved to another row it opens nothing. */
  function openSeed({ id, account, content }: StoredFactor, at: Instant): string {
    const [own, factor, seed] = (seeds.open(content, at) ?? '').split(' ')
    if (own !== account || factor !== id || seed === undefined) throw new GateError('store_unavailable', `the seed of ${id} was altered`)
    return seed
  }

  async function spendRecovery(owner: Owner, plain: string, cause: Cause): Promise<boolean> {
    const hash = hashRecoveryCode(codeKey, owner.id, plain)
    const set = (await list(owner.id)).find(({ kind }) => kind === 'recovery-codes')
    if (set === undefined) return false
    const left = hashesOf(set).filter((each) => each !== hash)
    if (left.length === hashesOf(set).length) return false
    // Somebody else used one at the same moment: then this one counts as not shown yet, and the person tries again.
    if (!(await ask(() => store.use(set.id, set.content, JSON.stringify(left), cause.at)))) return false
    await note('factor.recovery_code_used', owner, cause, { left: left.length })
    return true
  }

  async function addTotp(owner: Owner, seed: string, code: string, name: string, cause: Cause): Promise<Added> {
    if ((await list(owner.id)).length >= MOST_FACTORS) return 'factor_limit'
    const { at } = cause
    const step = await stepOfCode(seed, code.replaceAll(/\s/g, ''), at)
    if (step === null) return 'code_wrong'
    // A form that is sent twice adds one app: of two with one seed, the other would outlive the one that is removed.
    if (!(await ask(() => nonces.spend('enrolment', hashRecoveryCode(codeKey, owner.id, seed), at + ENROL_MS)))) return 'code_wrong'
    const id = random(16).toString('base64url')
    const content = seeds.seal(`${owner.id} ${id} ${seed}`, NEVER)
    // The code that confirmed it does not also sign in.
    if (!(await spend(id, step, at))) return 'code_wrong'
    const factor: StoredFactor = { id, account: owner.id, kind: 'totp', name, content, createdAt: at, lastUsedAt: null }
    if (!(await ask(() => store.insert(factor)))) throw new GateError('internal', 'a random identifier exists already')
    await note('factor.added', owner, cause, { factor: 'totp' })
    return 'added'
  }

  async function makeRecoveryCodes(owner: Owner, cause: Cause): Promise<readonly string[]> {
    const codes = newCodes(random)
    const hashes = codes.map((code) => hashRecoveryCode(codeKey, owner.id, readRecoveryCode(code) ?? ''))
    const content = JSON.stringify(hashes)
    // One identifier for every set of an account: two that are made at the same moment are not both there, and the later one counts.
    const set = { id: `codes-${owner.id}`, account: owner.id, kind: 'recovery-codes', name: '', content } as const
    do for (const { id, kind } of await list(owner.id)) if (kind === 'recovery-codes') await ask(() => store.remove(owner.id, id))
    while (!(await ask(() => store.insert({ ...set, createdAt: cause.at, lastUsedAt: null }))))
    await note('factor.recovery_codes_made', owner, cause, { codes: codes.length })
    return codes
  }

  async function remove(owner: Owner, id: string, keepLast: boolean, cause: Cause): Promise<Removed> {
    const own = await list(owner.id)
    const factor = own.find((each) => each.id === id)
    if (factor === undefined) return 'unknown'
    const isGone = await ask(() => (keepLast ? store.removeUnlessLast(owner.id, id) : store.remove(owner.id, id)))
    if (!isGone) return (await ask(() => store.find(id))) === null ? 'unknown' : 'last_factor'
    const rest = await list(owner.id)
    // Codes on paper stand in for something; alone they are nothing.
    if (!rest.some(isShown)) for (const { id: other } of rest) await ask(() => store.remove(owner.id, other))
    await note('factor.removed', owner, cause, { factor: factor.kind, id })
    return 'removed'
  }

  return { list, checkCode, addTotp, makeRecoveryCodes, remove }
}

/** Can it be asked for at sign-in? Recovery codes stand in for those that can. */
export function isShown({ kind }: Pick<StoredFactor, 'kind'>): boolean {
  return kind !== 'recovery-codes'
}

export function hashesOf({ content }: StoredFactor): readonly string[] {
  const value: unknown = JSON.parse(content)
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
}

/** Devices that one person has; more would make every sign-in try them all. */
export const MOST_FACTORS = 20
/** Longer than an enrolment can be sent. */
const ENROL_MS = 3_600_000
/** As long as a sealed value can last: a seed has no end of its own. */
const NEVER = 2 ** 48 - 1
