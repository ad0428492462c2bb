import { auditEvent } from '../audit/event.ts'
import { readAccountName } from '../decide/account-name.ts'
import type { Person } from '../decide/id-token.ts'
import { admits, namesOf, type Provider, rolesOf } from '../decide/provider.ts'
import type { AccountId } from '../decide/session.ts'
import type { Random } from '../lib/random.ts'
import type { AuditPart } from '../parts.ts'
import { ask } from '../store/ask.ts'
import type { Account, AccountStore } from '../store/store.ts'
import type { Identity, IdentityStore } from '../store/provider-stores.ts'
import { type AccountSummary, type Cause, summary } from './accounts.ts'

export type { Identity }

export interface IdentityParts {
  readonly accounts: AccountStore
  readonly store: IdentityStore
  readonly audit: AuditPart
  readonly random: Random
}

/** `roles` of the account: its own and those that the provider gives. */
export type Admission =
  | { readonly kind: 'admitted'; readonly account: AccountSummary; readonly stored: Account }
  /** `why` is for the audit trail. */
  | { readonly kind: 'refused'; readonly why: 'not_admitted' | 'unknown' | 'disabled' | 'no_name' | 'taken' }

/** People at providers and their accounts here; the only user of IdentityStore. Throws GateError `store_unavailable`. */
export interface Identities {
  /** The account of a person who signed in. A new one where the provider's `admit` says so; never one that happens to have the same name or address. */
  admit(person: Person, provider: Provider, cause: Cause): Promise<Admission>
  /** To be called when the caller is signed in to both. */
  link(person: Person, provider: Provider, account: AccountId, cause: Cause): Promise<Admission>
  of(account: AccountId): Promise<readonly Identity[]>
  /** The account with the roles that its providers gave when somebody last signed in there. */
  withRoles(account: AccountSummary): Promise<AccountSummary>
  /** False when there was nothing to part. */
  part(account: AccountSummary, identity: Identity, cause: Cause): Promise<boolean>
}

export function createIdentities({ accounts, store, audit, random }: IdentityParts): Identities {
  async function signUp(person: Person, provider: Provider, id: AccountId, cause: Cause): Promise<Account | null> {
    for (const name of namesToTry(person, provider)) {
      const read = readAccountName(name)
      if (read.kind === 'refused') continue
      const account: Account = {
        id,
        name: read.name,
        key: read.key,
        password: null,
        roles: [],
        mail: null,
        language: null,
        disabledAt: null,
        failures: 0,
        passwordLockedAt: null,
        createdAt: cause.at,
        passwordChangedAt: null,
        lastLoginAt: null,
        resetRequiredAt: null,
      }
      if (await ask(() => accounts.insert(account))) {
        await audit.commit(auditEvent({ ...cause, kind: 'account.added', target: account.name, detail: { provider: provider.name } }))
        return account
      }
      // Taken, or a parallel sign-in of the same person was faster.
      const other = await ask(() => accounts.find(id))
      if (other !== null) return other
    }
    return null
  }

  async function enter(account: Account, person: Person, provider: Provider, cause: Cause): Promise<Admission> {
    if (account.disabledAt !== null) return { kind: 'refused', why: 'disabled' }
    const given = rolesOf(provider.roles, person.claims)
    await ask(() => store.note(person.issuer, person.subject, given, cause.at))
    const changed = (await ask(() => accounts.update(account.id, { lastLoginAt: cause.at }))) ?? account
    return { kind: 'admitted', stored: changed, account: { ...summary(changed), roles: [...new Set([...changed.roles, ...given])] } }
  }

  async function noteLink(account: Account, { subject }: Person, provider: Provider, cause: Cause): Promise<void> {
    await audit.commit(
      auditEvent({ ...cause, kind: 'identity.linked', target: account.name, detail: { provider: provider.name, subject } }),
    )
  }

  return {
    async admit(person, provider, cause) {
      if (!admits(provider.admit, person.claims)) return { kind: 'refused', why: 'not_admitted' }
      const { issuer, subject } = person
      let identity = await ask(() => store.find(issuer, subject))
      const mayBegin = provider.admit.kind !== 'known'
      if (identity === null && mayBegin) {
        // First the link, then the account of its name: whoever dies in between is taken up at the next sign-in.
        const fresh = { issuer, subject, account: random(16).toString('base64url'), roles: [], linkedAt: cause.at, lastLoginAt: null }
        await ask(() => store.insert(fresh))
        identity = await ask(() => store.find(issuer, subject))
      }
      if (identity === null) return { kind: 'refused', why: 'unknown' }
      const linked = identity.account
      const known = await ask(() => accounts.find(linked))
      if (known !== null) return await enter(known, person, provider, cause)
      if (!mayBegin) return { kind: 'refused', why: 'unknown' }
      const account = await signUp(person, provider, linked, cause)
      if (account === null) return { kind: 'refused', why: 'no_name' }
      await noteLink(account, person, provider, cause)
      return await enter(account, person, provider, cause)
    },
    async link(person, provider, id, cause) {
      if (!admits(provider.admit, person.claims)) return { kind: 'refused', why: 'not_admitted' }
      const account = await ask(() => accounts.find(id))
      if (account === null) return { kind: 'refused', why: 'unknown' }
      const { issuer, subject } = person
      const isNew = await ask(() => store.insert({ issuer, subject, account: id, roles: [], linkedAt: cause.at, lastLoginAt: null }))
      const identity = await ask(() => store.find(issuer, subject))
      if (identity?.account !== id) return { kind: 'refused', why: 'taken' }
      if (isNew) await noteLink(account, person, provider, cause)
      return await enter(account, person, provider, cause)
    },
    async withRoles(account) {
      const given = (await ask(() => store.ofAccount(account.id))).flatMap(({ roles }) => roles)
      return { ...account, roles: [...new Set([...account.roles, ...given])] }
    },
    of: (account) => ask(() => store.ofAccount(account)),
    async part(account, identity, cause) {
      const parted = await ask(() => store.remove(account.id, identity.issuer, identity.subject))
      if (parted) {
        const detail = { issuer: identity.issuer, subject: identity.subject }
        await audit.commit(auditEvent({ ...cause, kind: 'identity.parted', target: account.name, detail }))
      }
      return parted
    },
  }
}

/** A name that is taken gets the provider's behind it: it is never taken over (OIDC-08). */
function namesToTry({ subject, claims }: Person, provider: Provider): readonly string[] {
  const said = namesOf(provider.nameClaim, claims).map((name) => name.trim())
  const wished = said.length === 0 ? [subject] : said
  const first = wished[0] ?? subject
  return [...wished, `${first} (${provider.name})`, ...[2, 3, 4, 5].map((n) => `${first} (${provider.name} ${n})`), subject]
}
