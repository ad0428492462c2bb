import type { AuditEvent } from '@cloakroom/contract'
import type { Enrolments } from '../account/enrolment.ts'
import type { Factors } from '../account/factors.ts'
import type { Login } from '../account/login.ts'
import type { LoginCookies } from '../account/login-cookie.ts'
import type { PasskeyLogin } from '../account/passkey-login.ts'
import type { Passkeys } from '../account/passkeys.ts'
import type { Recovery } from '../account/recovery.ts'
import type { StepUp } from '../account/step-up.ts'
import type { Identities } from '../account/identities.ts'
import type { OidcProvider } from '../account/oidc/provider.ts'
import type { Authenticate } from '../account/authenticate.ts'
import type { Accounts } from '../account/accounts.ts'
import type { Devices } from '../account/devices.ts'
import type { Answer, RequestBody } from '../answer.ts'
import type { Count, Hit } from '../decide/counters.ts'
import type { Instant, RequestHead } from '../decide/head.ts'
import type { Policy } from '../decide/policy.ts'
import type { SessionId } from '../decide/session.ts'
import type { Random } from '../lib/random.ts'
import type { Later } from '../lib/later.ts'
import type { Awaitable } from '../lib/awaitable.ts'
import type { ActionTokens } from '../session/action-tokens.ts'
import type { ChallengesPart } from '../measure-parts.ts'
import type { AuditPart, ObserverPart, PublicKeysPart, VisitsPart } from '../parts.ts'
import type { Grants } from '../session/grants.ts'
import type { Transactions } from '../session/transactions.ts'
import type { Sessions } from '../session/sessions.ts'
import type { SignOuts } from '../account/oidc/sign-outs.ts'
import type { PageContext } from './pages/frame.ts'
import type { Theme } from './pages/theme.ts'

/** For signing in at OpenID Providers. */
export interface ProviderParts {
  readonly byName: ReadonlyMap<string, OidcProvider>
  readonly transactions: Transactions
  readonly identities: Identities
  readonly grants: Grants
  readonly signOuts: SignOuts
  readonly later: Later
  readonly nonces: { spend(purpose: string, id: string, expiresAt: Instant): Awaitable<boolean> }
}

/** What the endpoints need besides the request and the policy. */
export interface EndpointParts {
  readonly accounts: Accounts
  readonly authenticate: Authenticate
  readonly stepUp: StepUp
  readonly login: Login
  readonly loginCookies: LoginCookies
  readonly factors: Factors
  readonly enrolments: Enrolments
  readonly passkeys: Passkeys
  readonly passkeyLogin: PasskeyLogin
  /** Null where no mail is sent. */
  readonly recovery: Recovery | null
  readonly random: Random
  readonly devices: Devices
  readonly sessions: Pick<Sessions, 'claim' | 'touch' | 'end' | 'endAll' | 'list' | 'start' | 'rotate' | 'find' | 'standing'>
  readonly providers: ProviderParts
  readonly visits: VisitsPart
  readonly actionTokens: Pick<ActionTokens, 'mint'>
  readonly counters: { add(hits: readonly Hit[], at: Instant): Awaitable<readonly Count[]> }
  readonly keys: PublicKeysPart
  readonly challenges: ChallengesPart
  readonly audit: AuditPart
  /** What the audit trail says of somebody's own acts; see account/own-data.ts. */
  readonly ownEvents: (account: string) => Promise<readonly AuditEvent[]>
  readonly observer: ObserverPart
  readonly theme: Theme
  /** Names a session in the audit trail; see audit/event.ts. */
  readonly label: (id: SessionId) => string
}

/** One request to one endpoint. */
export interface Call {
  readonly head: RequestHead
  readonly body: RequestBody | null
  readonly policy: Policy
  readonly parts: EndpointParts
  readonly page: PageContext
}

/** A row of the table. */
export interface Endpoint {
  readonly method: 'GET' | 'POST'
  /** Below `basePath`, or with `whole` the whole path; exact, but for one more segment where it ends in `/*`. */
  readonly path: string
  readonly whole?: true
  /** `own-pages`: other websites' pages may not, other origins' of the owner neither. */
  readonly callers: 'anyone' | 'own-pages'
  /** What it takes and answers, for docs/reference/endpoints.md. */
  readonly about: string
  readonly answer: (call: Call) => Awaitable<Answer>
}
