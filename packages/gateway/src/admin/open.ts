import type { KeyObject } from 'node:crypto'
import type { AuditEvent } from '@cloakroom/contract'
import { createMachineKeys } from '../account/machine-keys.ts'
import { ownKeys } from '../account/own-keys.ts'
import { createPasswords } from '../account/password.ts'
import { createSignIn, type PeopleParts } from '../account/sign-in.ts'
import { chainKey } from '../audit/chain-key.ts'
import { sessionLabels } from '../audit/event.ts'
import { publicOriginOf } from '../config/compile.ts'
import type { Config } from '../config/paths.ts'
import { ADMIN_COOKIE, ADMIN_PROGRESS_COOKIE } from '../decide/cookies.ts'
import { demandsSecondFactor } from '../decide/freshness.ts'
import type { SessionLimits } from '../decide/policy.ts'
import { createOneByOne } from '../lib/one-by-one.ts'
import type { Random } from '../lib/random.ts'
import type { AuditPart } from '../parts.ts'
import { adminPurpose, PURPOSES } from '../purposes.ts'
import { createLoginCookies } from '../account/login-cookie.ts'
import { createSealer } from '../session/sealed.ts'
import { createSessions, type SessionParts } from '../session/sessions.ts'
import type { AdminStores } from '../store/admin-stores.ts'
import type { Vault } from '../vault/vault.ts'
import { createInvitations } from './invitation.ts'
import type { AdminParts, AdminSignIn } from './parts.ts'
import type { SetupCode } from './setup-code.ts'

/** Of administrators: shorter than a visitor's by default, and not for the configuration to stretch. */
export const LIMITS: SessionLimits = { idleMs: 30 * 60_000, absoluteMs: 8 * 3_600_000, perAccount: 5, onLimit: 'end-oldest' }

export interface AdminSignInOptions {
  readonly stores: AdminStores
  readonly deriveKey: (purpose: string) => KeyObject
  readonly audit: AuditPart
  readonly random: Random
  readonly setup: SetupCode
  readonly config: () => Config
}

/** Administrators' sign-in: the same machine as for visitors, on other stores and under other keys, and always with a second factor. */
export function openAdminSignIn({ stores, deriveKey, audit, random, setup, config }: AdminSignInOptions): AdminSignIn {
  const keyOf = (purpose: string): KeyObject => deriveKey(adminPurpose(purpose))
  const own = marked(audit)
  const label = sessionLabels(keyOf(PURPOSES.sessionLabels))
  const sessions = createSessions({
    store: stores.sessions,
    limits: () => LIMITS,
    audit: own,
    label,
    random,
    via: 'admin',
    cookie: ADMIN_COOKIE,
  })
  const keys = ownKeys(keyOf, random)
  const signIn = createSignIn({
    store: stores.accounts,
    factorStore: stores.factors,
    counters: stores.counters,
    nonces: stores.nonces,
    sessions,
    passwords: createPasswords({ pepper: keyOf(PURPOSES.passwords), random }),
    keys,
    // Passkeys belong to an origin that the browser sees; none is offered here yet.
    site: () => ({ origin: 'http://127.0.0.1', name: 'Cloakroom admin' }),
    demandsSecondFactor: () => true,
    audit: own,
    random,
    people: null,
    ownWords: () => [new URL(publicOriginOf(config())).hostname, 'cloakroom'],
  })
  return {
    ...signIn,
    loginCookies: createLoginCookies(keys.logins, ADMIN_PROGRESS_COOKIE),
    stores,
    sessions,
    limits: LIMITS,
    label,
    invitations: createInvitations(keyOf('invitation')),
    setup,
    alone: createOneByOne(),
  }
}

/** Whatever the sign-in says of itself, it says of administrators: one may have a visitor's name. */
function marked(audit: AuditPart): AuditPart {
  const mark = (event: AuditEvent): AuditEvent => ({
    ...event,
    actor: { ...event.actor, via: event.actor.via === 'command' ? 'command' : 'admin' },
    detail: { ...event.detail, administrator: true },
  })
  return { note: (event) => audit.note(mark(event)), commit: (event) => audit.commit(mark(event)) }
}

export interface AdminOptions
  extends
    Pick<AdminParts, 'stores' | 'audit' | 'policy' | 'config' | 'label' | 'guardState' | 'probes' | 'clock' | 'random' | 'later'>,
    Pick<SessionParts, 'streams' | 'grants'> {
  readonly vault: Vault
  readonly adminStores: AdminStores
  readonly setup: SetupCode
  /** How letters to people are written, now. */
  readonly people: () => PeopleParts | null
}

/** What the Admin API works on, beside a running gateway. */
export function openAdmin({ vault, adminStores, setup, streams, grants, people: peopleNow, ...shared }: AdminOptions): AdminParts {
  const { stores, audit, policy, config, label, random } = shared
  const deriveKey = (purpose: string): KeyObject => vault.deriveKey(purpose)
  const sessions = createSessions({
    store: stores.sessions,
    audit,
    random,
    label,
    limits: () => policy().sessions,
    via: 'admin',
    ...(streams === undefined ? {} : { streams }),
    ...(grants === undefined ? {} : { grants }),
  })
  const people = peopleNow()
  const website = createSignIn({
    store: stores.accounts,
    factorStore: stores.factors,
    counters: stores.counters,
    nonces: stores.nonces,
    sessions,
    passwords: createPasswords({ pepper: vault.deriveKey(PURPOSES.passwords), random }),
    keys: ownKeys(deriveKey, random),
    site: () => ({ origin: policy().publicOrigin, name: config().theme.name ?? '' }),
    demandsSecondFactor: (roles) => demandsSecondFactor(policy().secondFactor, roles),
    audit,
    random,
    // An administrator waits for the answer: what the mail server does not take at once is said.
    people: people === null ? null : { ...people, waits: [], site: () => (peopleNow() ?? people).site() },
    ownWords: () => [],
  })
  return {
    ...shared,
    admins: openAdminSignIn({ stores: adminStores, deriveKey, audit, random, setup, config }),
    vault,
    accounts: website.accounts,
    factors: website.factors,
    links: website.links,
    sessions,
    machineKeys: createMachineKeys({ store: stores.machineKeys, random }),
    auditPublicKey: chainKey(vault.deriveKey(PURPOSES.auditChain)).publicKey,
    cursors: createSealer({ key: vault.deriveKey(adminPurpose('cursor')), random, purpose: 'admin cursor' }),
  }
}
