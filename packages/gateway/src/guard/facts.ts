import { Duration } from '@marcbachmann/cel-js/evaluator'
import { readCookie, SESSION_COOKIE } from '../decide/cookies.ts'
import { type Drift, driftCount, driftOf } from '../decide/drift.ts'
import { isNavigation } from '../decide/head.ts'
import { isSecondFactor } from '../decide/freshness.ts'
import { networkOf, siteOf } from '../decide/ip.ts'
import { addressOf } from '../decide/guard-keys.ts'
import type { ReadSignal, Subject } from '../decide/guard.ts'

/** What only the owner's own databases know. Null: not in there. Undefined: the database could not be asked. */
export interface Enrichment {
  country(address: string): string | null | undefined
  asn(address: string): number | null | undefined
}

export interface FactSource {
  readonly subject: Subject
  readonly read: ReadSignal
  readonly enrichment: Enrichment | null
}

export type FactType = 'string' | 'bool' | 'int' | 'double' | 'duration' | 'list<string>'
export type FactValue = string | boolean | bigint | number | Duration | readonly string[]

export interface Fact {
  readonly type: FactType
  readonly about: string
  /** Undefined: unknown. */
  readonly value: (source: FactSource) => FactValue | undefined
}

/** Raised when a fact changes its meaning or goes; guard.yaml names the version that it was written for. */
export const FACTS_VERSION = 1

/** All that a condition can name, beside `signal.NAME` and `lists.NAME`. Nothing else exists. */
export const FACTS: Readonly<Record<string, Readonly<Record<string, Fact>>>> = {
  ip: {
    addr: fact('string', 'The visitor’s address: the socket’s peer, or what a trusted proxy said.', addressOf),
    net: fact('string', 'Whom to count as one: the IPv4 address, the IPv6 /64.', (subject) => mapped(addressOf(subject), networkOf)),
    site: fact('string', 'A wider circle, against rotating addresses: the IPv4 /24, the IPv6 /48.', (subject) =>
      mapped(addressOf(subject), siteOf),
    ),
    country: {
      type: 'string',
      about: 'Two letters, from `geo.country`; empty when the database does not know the address.',
      value: ({ subject, enrichment }) => looked(addressOf(subject), (address) => enrichment?.country(address), ''),
    },
    asn: {
      type: 'int',
      about: 'The number of the network’s operator, from `geo.asn`; 0 when the database does not know the address.',
      value: ({ subject, enrichment }) => looked(addressOf(subject), (address) => mapped(enrichment?.asn(address), BigInt), 0n),
    },
  },
  request: {
    method: fact('string', 'Upper case; `WS` for a WebSocket handshake.', ({ head }) => head?.method),
    path: fact('string', 'The canonical path, without the query.', ({ head }) => head?.path),
    scheme: fact('string', '`http` or `https`.', ({ head }) => head?.scheme),
    ua: field('user-agent', 'The field User-Agent; empty when it was not sent.'),
    content_type: field('content-type', 'The field Content-Type; empty when it was not sent.'),
    language: field('accept-language', 'The field Accept-Language; empty when it was not sent.'),
    fetch_site: field('sec-fetch-site', '`same-origin`, `same-site`, `cross-site` or `none`, as the browser says; empty for programs.'),
    fetch_mode: field('sec-fetch-mode', '`navigate`, `cors` and so on, as the browser says; empty for programs.'),
    presents_honeytoken: fact(
      'bool',
      'Is a credential of `cloakroom secret honey` in its path, query, fields or cookies?',
      ({ presents }) => presents?.('honey') ?? false,
    ),
    presents_canary: fact(
      'bool',
      'Is a value of a decoy, whoever was given it, in its path, query, fields or cookies?',
      ({ presents }) => presents?.('decoy') ?? false,
    ),
    is_navigation: fact('bool', 'Does it want a page?', ({ head }) => head !== null && isNavigation(head)),
    size: fact('int', 'Bytes of the body as declared; 0 without one, unknown when it comes in chunks.', ({ head }) => {
      const length = head?.headers.get('content-length')
      if (length !== null && length !== undefined && /^\d{1,15}$/.test(length)) return BigInt(length)
      return head?.headers.get('transfer-encoding') === null ? 0n : undefined
    }),
  },
  route: {
    id: fact(
      'string',
      'The line of `allow` (`shop: GET /products/**`), `site`, an own endpoint (`login`, `logout`, `session`, …) or `none`.',
      ({ route }) => route.id,
    ),
    kind: fact('string', '`api`, `site`, `own` or `none`.', ({ route }) => route.kind),
    api: fact('string', 'The API’s name; empty outside APIs.', ({ route }) => route.api ?? ''),
  },
  session: {
    authenticated: fact('bool', 'Is somebody signed in?', ({ visitor }) => visitor?.kind === 'known'),
    age: fact('duration', 'Since sign-in; 0 without a session.', ({ visitor, at }) =>
      since(visitor?.kind === 'known' ? visitor.session.createdAt : at, at),
    ),
    idle: fact('duration', 'Since its last request, to the minute; 0 without a session.', ({ visitor, at }) =>
      since(visitor?.kind === 'known' ? visitor.session.seenAt : at, at),
    ),
    fresh_mfa_age: fact('duration', 'Since a second factor was shown; a hundred years when none was.', ({ visitor, at }) => {
      const shown =
        visitor?.kind === 'known' ? visitor.session.factors.filter(({ kind }) => isSecondFactor(kind)).map((factor) => factor.at) : []
      return since(Math.max(at - NEVER_MS, ...shown), at)
    }),
    ip_changed: fact('bool', 'Does it come from another network than at sign-in?', (subject) => driftIn(subject)?.network ?? false),
    ua_changed: fact(
      'bool',
      'Another browser or system than at sign-in? Versions do not count.',
      (subject) => driftIn(subject)?.agent ?? false,
    ),
    language_changed: fact('bool', 'Another first language than at sign-in?', (subject) => driftIn(subject)?.language ?? false),
    hints_changed: fact('bool', 'Other client hints (platform, brands) than at sign-in?', (subject) => driftIn(subject)?.hints ?? false),
    drift: fact(
      'int',
      'How many of the four changed since sign-in: a traveller changes one, whoever took the cookie most of them.',
      (subject) => {
        const drift = driftIn(subject)
        return BigInt(drift === null ? 0 : driftCount(drift))
      },
    ),
    shown: fact(
      'bool',
      'Was a session cookie sent, whether it is one or not?',
      ({ head }) => head !== null && readCookie(head.headers, SESSION_COOKIE).kind !== 'absent',
    ),
  },
  account: {
    name: fact('string', 'Who is signed in, or whom an event is about; empty when nobody is.', ({ visitor, event }) =>
      visitor?.kind === 'known' ? visitor.session.name : (event?.account ?? ''),
    ),
    roles: fact('list<string>', 'The roles of who is signed in.', ({ visitor }) => (visitor?.kind === 'known' ? visitor.roles : [])),
  },
  visit: {
    exists: fact('bool', 'Is it an anonymous visit (`access: visitor`)?', ({ visitor }) => visitor?.kind === 'visitor'),
    age: fact('duration', 'Since the visit began; 0 without one.', ({ visitor, at }) =>
      since(visitor?.kind === 'visitor' ? visitor.visit.startedAt : at, at),
    ),
  },
  response: {
    status: fact('int', 'Response phase: the status that the visitor gets.', ({ answer }) => mapped(answer?.status, BigInt)),
    bytes: fact('int', 'Response phase: the body’s length; unknown for a stream.', ({ answer }) =>
      mapped(answer?.bytes ?? undefined, BigInt),
    ),
    code: fact(
      'string',
      'Response phase: the code of the gateway’s own refusal, as in `cross_site`; empty when the API or the site answered.',
      ({ answer }) => (answer === null ? undefined : (answer.code ?? '')),
    ),
    ms: fact('int', 'Response phase: milliseconds until the answer’s head.', ({ answer }) => mapped(answer?.ms ?? undefined, BigInt)),
  },
  event: {
    type: fact('string', 'Event phase: as in the audit trail, `login.failed`.', ({ event }) => event?.type),
    reason: fact('string', 'Event phase: the code; empty without one.', ({ event }) => (event === null ? undefined : (event.reason ?? ''))),
    account: fact(
      'string',
      'Event phase: the account’s name; unknown when no account has that name.',
      ({ event }) => event?.account ?? undefined,
    ),
  },
}

/** What each signal says, under `signal.NAME`. */
export const SIGNAL_FACTS: Readonly<Record<'over' | 'count', Omit<Fact, 'value'>>> = {
  over: { type: 'bool', about: 'Is it beyond its limit?' },
  count: { type: 'double', about: 'What it counts; 0 where its key does not exist.' },
}

function driftIn({ visitor, head }: Subject): Drift | null {
  return visitor?.kind === 'known' && head !== null ? driftOf(visitor.session, head) : null
}

const NEVER_MS = 100 * 365 * 86_400_000
/** Conditions look at no more of a text: what they cost is bounded by this. */
const LONGEST_TEXT = 4096

function fact(type: FactType, about: string, of: (subject: Subject) => FactValue | null | undefined): Fact {
  return {
    type,
    about,
    value({ subject }) {
      const value = of(subject) ?? undefined
      return typeof value === 'string' && value.length > LONGEST_TEXT ? value.slice(0, LONGEST_TEXT) : value
    },
  }
}

function field(name: string, about: string): Fact {
  return fact('string', about, ({ head }) => (head === null ? undefined : (head.headers.get(name) ?? '')))
}

function since(then: number, at: number): Duration {
  return Duration.fromMilliseconds(Math.max(0, at - then))
}

function mapped<A, B>(value: A | null | undefined, map: (value: A) => B): B | null | undefined {
  if (value === null) return null
  return value === undefined ? undefined : map(value)
}

/** An address that the database does not know is known to be unknown; a database that does not answer is not. */
function looked<T>(address: string | null, look: (address: string) => T | null | undefined, absent: T): T | undefined {
  if (address === null) return undefined
  const found = look(address)
  return found === null ? absent : found
}
