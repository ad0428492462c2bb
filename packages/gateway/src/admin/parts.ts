import type { Accounts } from '../account/accounts.ts'
import type { Factors } from '../account/factors.ts'
import type { MachineKeys } from '../account/machine-keys.ts'
import type { ResetLinks } from '../account/reset-links.ts'
import type { SignIn } from '../account/sign-in.ts'
import type { Config } from '../config/paths.ts'
import type { GuardState } from '../decide/guard.ts'
import type { SessionLimits, Policy } from '../decide/policy.ts'
import type { SessionId } from '../decide/session.ts'
import type { Awaitable } from '../lib/awaitable.ts'
import type { Clock } from '../lib/clock.ts'
import type { OneByOne } from '../lib/one-by-one.ts'
import type { Later } from '../lib/later.ts'
import type { Random } from '../lib/random.ts'
import type { AuditPart } from '../parts.ts'
import type { Sealer } from '../session/sealed.ts'
import type { Sessions } from '../session/sessions.ts'
import type { AdminStores } from '../store/admin-stores.ts'
import type { Stores } from '../store/store.ts'
import type { Vault } from '../vault/vault.ts'
import type { Invitations } from './invitation.ts'
import type { SetupCode } from './setup-code.ts'

/** Administrators and how they sign in. */
export interface AdminSignIn extends Pick<
  SignIn,
  'accounts' | 'authenticate' | 'login' | 'loginCookies' | 'factors' | 'enrolments' | 'stepUp'
> {
  readonly stores: AdminStores
  readonly sessions: Sessions
  readonly limits: SessionLimits
  /** Names an administrator's session in the audit trail. */
  readonly label: (id: SessionId) => string
  readonly invitations: Invitations
  readonly setup: SetupCode
  /** For what looks before it acts: whether an owner is left, whether a code was used. */
  readonly alone: OneByOne
}

/** The running gateway, as far as administrators see and change it. */
export interface AdminParts {
  readonly admins: AdminSignIn
  readonly stores: Stores
  readonly vault: Pick<Vault, 'list' | 'add' | 'revoke' | 'rotate' | 'published'>
  readonly audit: AuditPart
  readonly policy: () => Policy
  readonly config: () => Config
  /** The website's. */
  readonly accounts: Accounts
  readonly factors: Factors
  /** Null where no mail is sent to people. */
  readonly links: ResetLinks | null
  readonly sessions: Sessions
  readonly label: (id: SessionId) => string
  readonly machineKeys: Pick<MachineKeys, 'add'>
  readonly guardState: () => GuardState
  /** That the audit trail is checked with. */
  readonly auditPublicKey: string
  readonly later: Later
  readonly probes: Readonly<Record<string, () => Awaitable<unknown>>>
  /** Seals where a list goes on: it must not show the store's keys. */
  readonly cursors: Sealer
  readonly clock: Clock
  readonly random: Random
}
