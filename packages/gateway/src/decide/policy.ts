import type { Guard } from './guard.ts'
import type { ContextMember } from './context.ts'
import type { JwtDemand } from './bearer.ts'
import type { Placement } from './credential.ts'
import type { Range } from './ip.ts'
import type { Provider } from './provider.ts'
import type { Route } from './route.ts'

export type CredentialName = string

/** Who may use a route. */
export type Access =
  | { readonly kind: 'public' }
  | { readonly kind: 'visitor' }
  | { readonly kind: 'login' }
  | { readonly kind: 'jwt'; readonly demand: JwtDemand }
  | { readonly kind: 'role'; readonly role: string }
  /** Signed in, with a proof that is not older than that: a session that was left open, or stolen, is not enough. */
  | { readonly kind: 'fresh'; readonly withinMs: number; readonly role: string | null }

export type LeakAnswer = 'redact' | 'withhold'

/** One upstream and how the website may use it. */
export interface Api {
  readonly name: string
  /** Public path prefix, no trailing slash: `/api/shop`. */
  readonly prefix: string
  /** Exactly scheme, host and port. */
  readonly upstreamOrigin: string
  /** Put before what follows the prefix; no trailing slash, may be empty. */
  readonly upstreamPath: string
  readonly credential: CredentialName | null
  /** Instead of a credential: the visitor's own access token. */
  readonly visitorToken: VisitorToken | null
  /** Sign each request, so that the API can refuse everybody else; null: do not. */
  readonly sign: Signing | null
  /** Put a JWT on each request that says who is calling; null: do not. */
  readonly assertion: Assertion | null
  /** Further request fields that this upstream needs; lower case. */
  readonly carry: readonly string[]
  /** Upstream cookies that may pass, by name. */
  readonly cookies: readonly string[]
  /** Foreign origins that a redirect or a link of this upstream may name. */
  readonly linksTo: readonly string[]
  /** `Sec-Fetch-Dest` values that may load from here; `empty` is fetch and XHR. */
  readonly destinations: readonly string[]
  readonly access: Access
  readonly onLeak: LeakAnswer
  /** May DELETE carry a body? */
  readonly deleteBody: boolean
  /** May the upstream's name resolve to an address that is not on the internet? */
  readonly privateNetwork: boolean
  /** May an answer be a document or a script to the browser? */
  readonly activeContent: boolean
  readonly limits: ApiLimits
}

/** How requests to one API are signed (RFC 9421, profile `cloakroom-v1`). */
export interface Signing {
  readonly key: CredentialName
  /** What the API is told about the visitor, in `Cloakroom-Context`. */
  readonly context: readonly ContextMember[]
  /** `unsigned`: bodies are streamed and not covered. The API must be told the same. */
  readonly body: 'digest' | 'unsigned'
  /** Bytes of a body that is read whole for its digest; longer ones are refused. */
  readonly maxBody: number
}

/** The signed-in visitor's access token, as his provider gives it for this API. */
export interface VisitorToken {
  readonly provider: string
  /** RFC 8707; null: none is named. */
  readonly resource: string | null
  /** Null: those of the sign-in. */
  readonly scopes: readonly string[] | null
}

/** A JWT of the gateway's own for one API. */
export interface Assertion {
  readonly key: CredentialName
  readonly audience: string
  readonly placement: Extract<Placement, { kind: 'bearer' | 'header' }>
  readonly lifetimeMs: number
  readonly context: readonly ContextMember[]
}

/** Bytes and milliseconds. */
export interface ApiLimits {
  readonly requestBytes: number
  readonly responseBytes: number | null
  readonly connectMs: number
  /** From the request's last byte to the answer's head. */
  readonly headMs: number
  /** Between two pieces of an answer's body, or of a WebSocket's traffic. */
  readonly idleMs: number
  /** Connections to the upstream at once. */
  readonly connections: number
  /** Of one WebSocket message, either way. */
  readonly messageBytes: number
}

export interface Site {
  readonly access: Access
}

/** Of whom the owner demands a second factor. */
export type SecondFactor =
  | { readonly kind: 'optional' }
  | { readonly kind: 'required' }
  | { readonly kind: 'roles'; readonly roles: readonly string[] }

export interface SessionLimits {
  readonly idleMs: number
  readonly absoluteMs: number
  /** Sessions that one account may hold at once. */
  readonly perAccount: number
  readonly onLimit: 'end-oldest' | 'refuse' | 'end-all'
}

export interface VisitLimits {
  readonly lifetimeMs: number
  /** API calls that one visit may make. */
  readonly requests: number
  /** Visits that one address (IPv6: /64) may begin per hour. */
  readonly perAddressHour: number
  /** Visits that one IPv6 /48 may begin per hour. */
  readonly perCustomerHour: number
}

/** Milliseconds after which a silent part of the gateway counts as broken. */
export interface Waits {
  /** A store, the vault, the site. */
  readonly partMs: number
  /** A request, from its first byte to its last: a forwarder cannot answer earlier. */
  readonly requestMs: number
}

/** WebSockets open at once. */
export interface WebSocketLimits {
  readonly most: number
  /** Of one session, one visit, or, where nobody is known, one address. */
  readonly perVisitor: number
}

/** What the owner decided, compiled from cloakroom.yaml. Immutable: a request keeps the policy that it began with. */
export interface Policy {
  /** The origin that the browser sees. */
  readonly publicOrigin: string
  /** Its host with the port as a browser sends it: `localhost:8080`, `shop.example`. */
  readonly publicHost: string
  /** Prefix of the gateway's own endpoints, no trailing slash: `/auth`. */
  readonly basePath: string
  readonly routes: readonly Route[]
  readonly apis: readonly Api[]
  readonly site: Site | null
  /** May people sign in with a name and a password of the gateway's own? */
  readonly ownAccounts: boolean
  readonly providers: readonly Provider[]
  readonly sessions: SessionLimits
  readonly secondFactor: SecondFactor
  /** A password alone opens a session again that was idle too long, with the second factor that it stood on (NIST SP 800-63B-4 §2.2.3). */
  readonly resumesIdle: boolean
  readonly visits: VisitLimits
  /** An action token for repeated use is good for one to two of these. */
  readonly actionTickMs: number
  /** Other origins whose pages may call the APIs; exact. */
  readonly allowedOrigins: readonly string[]
  readonly trustedProxies: readonly Range[]
  readonly webSockets: WebSocketLimits
  readonly waits: Waits
  /** Null: no rules at all. */
  readonly guard: Guard | null
  /** Keys whose public halves the gateway publishes. */
  readonly signingKeys: readonly CredentialName[]
  /** As `signingKeys`, of those that sign JWTs. */
  readonly assertionKeys: readonly CredentialName[]
}
