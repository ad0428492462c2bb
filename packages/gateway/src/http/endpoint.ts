import type { Authenticate } from '../account/authenticate.ts'
import type { Accounts } from '../account/accounts.ts'
import type { Devices } from '../account/devices.ts'
import type { Answer, RequestBody } from '../answer.ts'
import type { Count, Hit } from '../decide/counters.ts'
import type { Instant, RequestHead } from '../decide/head.ts'
import type { Policy } from '../decide/policy.ts'
import type { AccountId, Factor, Session, SessionId } from '../decide/session.ts'
import type { Awaitable } from '../lib/awaitable.ts'
import type { AuditPart, ObserverPart, SessionsPart, VisitsPart } from '../parts.ts'
import type { PageContext } from './pages/frame.ts'
import type { Theme } from './pages/theme.ts'

/** A session to be begun. */
export interface SessionStart {
  readonly account: AccountId
  readonly name: string
  readonly roles: readonly string[]
  readonly factors: readonly Factor[]
  readonly address: string
  readonly agent: string
  readonly at: Instant
}

export type StartedSession =
  | { readonly kind: 'started'; readonly session: Session; readonly setCookie: string }
  /** The account holds as many sessions as it may. */
  | { readonly kind: 'refused' }

/** What the endpoints need besides the request and the policy. */
export interface EndpointParts {
  readonly accounts: Accounts
  readonly authenticate: Authenticate
  readonly devices: Devices
  readonly sessions: SessionsPart & { start(fresh: SessionStart): Awaitable<StartedSession> }
  readonly visits: VisitsPart
  readonly counters: { add(hits: readonly Hit[], at: Instant): Awaitable<readonly Count[]> }
  readonly audit: AuditPart
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
  /** Below `basePath`; exact. */
  readonly path: string
  /** `own-pages`: other websites' pages may not, other origins' of the owner neither. */
  readonly callers: 'anyone' | 'own-pages'
  readonly answer: (call: Call) => Awaitable<Answer>
}
