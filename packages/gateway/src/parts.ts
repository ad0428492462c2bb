import type { Duplex } from 'node:stream'
import type { AuditEvent } from '@cloakroom/contract'
import type { JwkSet, SigningKey } from '@cloakroom/signature'
import type { Answer, BodySource, Departure, RequestBody } from './answer.ts'
import type { ActionProof } from './decide/action.ts'
import type { Bearer, JwtDemand } from './decide/bearer.ts'
import type { Count, Hit } from './decide/counters.ts'
import type { Placement } from './decide/credential.ts'
import type { GuardState, Subject } from './decide/guard.ts'
import type { Judged, Measure, RuleEvidence } from './decide/guard-judge.ts'
import type { Instant, RequestHead, RequestId } from './decide/head.ts'
import type { HeaderField } from './decide/headers.ts'
import type { MachineKey } from './decide/machine-key.ts'
import type { OutboundHead } from './decide/outbound.ts'
import type { Api, CredentialName, Policy, WebSocketLimits } from './decide/policy.ts'
import type { ApiRoute } from './decide/route.ts'
import type { Secret } from './decide/secret.ts'
import type { Claim, RevokeReason, Session, SessionId, Visit, Visitor } from './decide/session.ts'
import type { Awaitable } from './lib/awaitable.ts'
import type { Clock } from './lib/clock.ts'
import type { Later } from './lib/later.ts'
import type { BansPart, ChallengesPart, DecoysPart, TarpitPart, TrapsPart } from './measure-parts.ts'

/** What gateway.ts needs from the sessions. The cookie's value goes in, the store's key never comes out of the log. */
export interface SessionsPart {
  claim(cookie: string): Awaitable<Claim | null>
  touch(id: SessionId, at: Instant): Awaitable<void>
  end(session: Session, at: Instant, because: RevokeReason): Awaitable<boolean>
}

export interface MachineKeysPart {
  /** The key with this public part and this secret; null when there is none, or the secret is another one. Revoked and expired ones are found, too. */
  claim(id: string, secret: string): Awaitable<MachineKey | null>
  noteUse(id: string, at: Instant, address: string): Awaitable<void>
}

/** Proofs that a call was meant; see session/action-tokens.ts. */
export interface ActionTokensPart {
  /** Does the head carry the token that its line of `allow` demands? Pure arithmetic, no store. */
  prove(head: RequestHead, route: ApiRoute, visitor: Visitor): ActionProof
  /** Uses up a one-time token that `prove` found good, with the body that really came. Null when it was good for this body, and for the first time. */
  spend(head: RequestHead, body: Uint8Array): Awaitable<'action_token_refused' | 'action_token_spent' | null>
  /** The token for the next call of this line; null when it needs none that can be used again. */
  refresh(route: ApiRoute, visitor: Visitor, at: Instant): string | null
}

export interface VisitsPart {
  /** Opens a visit cookie; null when it is not ours, altered or over. Pure arithmetic, no store. */
  open(cookie: string, at: Instant): Visit | null
  /** A new visit and its Set-Cookie line. */
  start(at: Instant): { readonly visit: Visit; readonly setCookie: string }
}

export type BearerOutcome =
  | { readonly kind: 'good'; readonly bearer: Bearer }
  /** For the log; the caller learns no reason. */
  | { readonly kind: 'refused'; readonly why: string }

/** JWTs of other issuers. */
export interface BearersPart {
  /** Throws GateError `store_unavailable` when the issuer's keys or the denials cannot be read. */
  verify(jwt: string, demand: JwtDemand, at: Instant): Promise<BearerOutcome>
}

/** Which credential of the vault it is. */
export interface VaultVersion {
  readonly name: CredentialName
  readonly version: number
}

/** A credential for one call. */
export interface OpenCredential {
  readonly placement: Placement
  readonly secret: Secret
  /** Sealed with the secret: the only origins that may see it. Compared once more right before it is sent. */
  readonly origins: readonly string[]
  /** What must not come back; see decide/credential.ts. */
  readonly needles: readonly Uint8Array[]
  /** Null or left out where it is not the vault's, as with a visitor's own token. */
  readonly from?: VaultVersion | null
  /** The call is done: the plaintext may be overwritten. */
  release(): void
}

/** A client certificate for these origins. Its private key stays in the vault. */
export interface OpenCertificate {
  /** Another one for another certificate. */
  readonly id: string
  readonly from: VaultVersion
  readonly origins: readonly string[]
  /** Runs `make` on certificates and private key, one PEM text, which is overwritten behind it. Null when the record is not what was sealed. */
  use<T>(make: (pem: Buffer) => T): T | null
}

/** A key that signs requests to these origins. Whoever has it can have something signed; the key itself stays in the vault. */
export interface OpenSigner {
  readonly key: SigningKey
  readonly origins: readonly string[]
}

export interface TokensPart {
  /** The visitor's access token for this API. Throws GateError `session_required`, `provider_sign_in_required`, `provider_unavailable`. */
  open(head: RequestHead, visitor: Visitor, api: Api): Promise<OpenCredential>
}

export interface VaultPart {
  /** Throws GateError `credential_unavailable` when there is none to use now, or when it was not sealed for this origin. */
  open(name: CredentialName, origin: string, at: Instant): Awaitable<OpenCredential>
  /** Another one of this name for one more try, after the API answered 401 to `refused`: the version before, or one minted anew. Null: there is none. */
  second?(name: CredentialName, origin: string, at: Instant, refused: OpenCredential): Awaitable<OpenCredential | null>
  /** Throws as `open` does. Left out, nothing is signed, and an API that demands it is not called. */
  openSigner?(name: CredentialName, origin: string, at: Instant): Awaitable<OpenSigner>
  /** Throws as `open` does. */
  openCertificate?(name: CredentialName, origin: string, at: Instant): Awaitable<OpenCertificate>
}

/** Public keys of those that sign, for whoever checks. */
export interface PublicKeysPart {
  published(names: readonly CredentialName[], at: Instant): Promise<JwkSet>
}

/** An upstream's answer: names in lower case, the body not yet read. */
export interface UpstreamAnswer {
  readonly status: number
  readonly headers: readonly HeaderField[]
  readonly body: BodySource
  /** The client certificate under which it came; null or left out for none, or one from a file. */
  readonly shown?: VaultVersion | null
  /** With 101: the connection, whose owner is now whoever asked for it. */
  readonly upgraded?: Duplex | null
}

export interface ForwardPart {
  /** One round trip. Throws GateError `upstream_*`, `answer_too_large`, `body_too_large` or `busy`. Ends when the visitor is gone. */
  send(request: OutboundHead, body: RequestBody | null, api: Api, departure?: Departure): Awaitable<UpstreamAnswer>
}

export interface EndpointsPart {
  /** The gateway's own endpoints, below `basePath`. */
  answer(head: RequestHead, body: RequestBody | null, policy: Policy): Promise<Answer>
  /** The name of the endpoint for the guard: `login`. Null when there is none at this path. */
  idOf?(head: RequestHead, policy: Policy): string | null
  /** A refusal of the gateway's as a page, for a person. Left out, a person gets problem details like everybody. */
  toPage?(refusal: Answer, head: RequestHead, policy: Policy): Promise<Answer>
}

export interface SitePart {
  answer(head: RequestHead): Awaitable<Answer>
}

/** Why a stream was cut: its session ended, its visitor was shut out, nobody could say whether it lives, or the gateway stops. */
export type CutReason = RevokeReason | 'banned' | 'credential-withdrawn' | 'unverifiable' | 'stopping'

/** Answers and WebSockets that outlast the judgement they began with. */
export interface StreamsPart {
  /** `cut` is called at most once, within a second of the end of the session, the visit or the role that it needs, of a ban of any of them or of `client`, or of the withdrawal of a credential in `openedBy`. Call the answer when the stream is over. */
  watch(
    visitor: Visitor,
    role: string | null,
    cut: (because: CutReason) => void,
    client?: string,
    openedBy?: readonly VaultVersion[],
  ): () => void
  /** The visitor did something on a stream: as good as a request of this session. */
  active(session: Session): void
  /** A place for a WebSocket; null when the visitor, or all together, hold as many as they may. Call the answer to give it back. */
  takePlace(visitor: string, limits: WebSocketLimits): (() => void) | null
}

export interface AuditPart {
  /** Hands the event over; never throws, never blocks. */
  note(event: AuditEvent): void
  /** Resolves when the event is durable. */
  commit(event: AuditEvent): Promise<void>
}

/** Tells the owner what he must know, by mail or webhook; grouped and throttled, never in a request's way. */
export interface NotifierPart {
  /** Never throws, never blocks. Events of the trail that an owner must know come by themselves; this is for what a rule says. */
  notify(notice: Notice): void
}

export interface Notice {
  /** What it is about: notices of one topic are grouped. For a rule, its id. */
  readonly topic: string
  /** One line for a person, without a secret; texts from outside are cleaned here. */
  readonly text: string
  /** What is behind it, for whoever looks it up in the trail. */
  readonly event: AuditEvent | null
}

/** A passed or refused request's line in the access log, and its figures. */
export interface AccessLine {
  readonly head: RequestHead
  readonly route: string | null
  readonly status: number
  readonly code: string | null
  readonly steps: readonly string[]
}

/** One request with what was decided on it. */
export interface Concluded {
  readonly head: RequestHead
  readonly status: number
  /** Null: it passed. */
  readonly code: string | null
  readonly route: string | null
  readonly visitor: Visitor | null
  readonly steps: readonly string[]
  readonly rules: readonly RuleEvidence[]
}

export interface DecisionsPart {
  /** Hands it over to be kept, if it is worth it; never throws, never blocks. */
  note(concluded: Concluded): void
}

export interface ObserverPart {
  access(line: AccessLine): void
  /** An exception on a request's way, with its cause, for the operator's log. */
  failure(head: RequestHead, cause: unknown): void
}

/** What the guard needs beyond its rules. */
export interface GuardPart {
  /** Is it armed, and which rules demoted themselves? */
  state(): GuardState
  /** Does what a rule asked for besides its answer. Throws GateError `busy` when it cannot: the request goes no further. */
  carryOut(measure: Measure, subject: Subject): Awaitable<void>
  /** A session made a request to which a rule with a `session_share` could apply. */
  met(session: SessionId, at: Instant): void
  /** In the world of the rules in shadow this request was refused: what it caused did not happen there. */
  refusedInShadow(request: RequestId): boolean
  /** Told of each judgement in which some rule held, also in shadow. Never throws. */
  saw(judged: Judged, subject: Subject): void
}

/** Everything that gateway.ts needs. compose.ts picks the real ones; tests bring faulty ones. */
export interface Parts {
  readonly policy: () => Policy
  readonly sessions: SessionsPart
  readonly visits: VisitsPart
  /** Left out, no call passes that needs such a token. */
  readonly actionTokens?: ActionTokensPart
  /** Left out, no program has a key. */
  readonly machineKeys?: MachineKeysPart
  readonly counters: {
    add(hits: readonly Hit[], at: Instant): Awaitable<readonly Count[]>
    /** Counts signals of the guard in this process alone, while the store is silent. */
    local?(hits: readonly Hit[], at: Instant): readonly Count[]
  }
  /** Without it no request can be challenged: it is blocked instead. */
  readonly challenges?: ChallengesPart
  /** Without it no planted credential is known. */
  readonly traps?: TrapsPart
  /** Without it a decoy is a block. */
  readonly decoys?: DecoysPart
  /** Without it a tarpit is a block. */
  readonly tarpit?: TarpitPart
  /** Without it nobody is banned. */
  readonly bans?: BansPart
  readonly vault: VaultPart
  /** Left out, no API takes its visitors' tokens. */
  readonly tokens?: TokensPart
  readonly forward: ForwardPart
  readonly endpoints: EndpointsPart
  readonly site: SitePart | null
  readonly audit: AuditPart
  readonly observer: ObserverPart
  /** Without it no decision is kept, and `explain` knows the audit trail only. */
  readonly decisions?: DecisionsPart
  /** Counts which credential was used, by which route and whom; without it nobody can ask. */
  readonly uses?: { note(credential: CredentialName, route: string, who: string, at: Instant): void }
  /** Our name in `Via` and `User-Agent` towards upstreams. */
  readonly pseudonym: string
  /** Our name in `Via` when it is to be told from that of other gateways; `pseudonym` when left out. */
  readonly via?: string
  /** The time at which a request is signed; the system's when left out. Without it the guard does not know `response.ms`. */
  readonly clock?: Clock
  /** Left out, nothing is ever locked down. */
  readonly lockdown?: { read(): Awaitable<{ readonly since: Instant } | null> }
  /** Without it no JWT is taken. */
  readonly bearers?: BearersPart
  /** Without it nobody is told. */
  readonly notifier?: NotifierPart
  /** Without it no WebSocket is opened, and long answers run to their end. */
  readonly streams?: StreamsPart
  /** Without it rules can answer, but take no measures. */
  readonly guard?: GuardPart
  /** For the bounds of guarded-parts.ts; the system's timers when left out. */
  readonly later?: Later
}
