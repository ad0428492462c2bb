import type { RuleEvidence } from './guard-judge.ts'
import type { Instant, RequestHead, RequestId } from './head.ts'
import type { HeaderField } from './headers.ts'
import type { Visitor } from './session.ts'

/** What was decided on one request and what it rested on: for `explain`, and for trying other rules on it. Holds no body, no cookie, no query. */
export interface DecisionRecord {
  readonly request: RequestId
  readonly at: Instant
  readonly verdict: 'refused' | 'passed'
  readonly status: number
  /** Of the table of errors; null when it passed. */
  readonly code: string | null
  readonly method: string
  readonly path: string
  readonly scheme: 'http' | 'https'
  readonly client: string
  readonly route: string | null
  readonly who: Who
  /** Fields that rules look at. */
  readonly fields: readonly HeaderField[]
  readonly steps: readonly string[]
  /** Rules whose condition held, shadow ones included. */
  readonly rules: readonly RuleEvidence[]
}

/** The visitor without what could be used in his place: a session by its label, a visit by the beginning of its id. */
export type Who =
  | { readonly kind: 'stranger' }
  | { readonly kind: 'visitor'; readonly visit: string; readonly startedAt: Instant }
  | { readonly kind: 'machine'; readonly key: string }
  | {
      readonly kind: 'known'
      readonly session: string
      readonly account: string
      readonly roles: readonly string[]
      readonly since: Instant
      readonly seenAt: Instant
      readonly factors: readonly { readonly kind: string; readonly at: Instant }[]
      readonly address: string
      readonly agent: string
      readonly traits: string
    }

export function whoIs(visitor: Visitor | null, label: (session: string) => string): Who {
  switch (visitor?.kind) {
    case undefined:
    case 'stranger':
      return { kind: 'stranger' }
    case 'visitor':
      return { kind: 'visitor', visit: visitor.visit.id.slice(0, 8), startedAt: visitor.visit.startedAt }
    case 'machine':
      return { kind: 'machine', key: visitor.key.name }
    case 'bearer':
      return { kind: 'machine', key: `jwt ${visitor.bearer.subject}` }
    case 'known': {
      const { id, name, createdAt, seenAt, factors, address, agent, traits } = visitor.session
      return {
        kind: 'known',
        session: label(id),
        account: name,
        roles: visitor.roles,
        since: createdAt,
        seenAt,
        factors,
        address,
        agent,
        traits,
      }
    }
  }
}

/** Of the request's fields, what a rule can look at, cut to a length; nothing that opens anything. */
export function fieldsOf({ headers }: RequestHead): readonly HeaderField[] {
  return headers.entries().flatMap(([name, value]) => (KEPT.has(name) ? [[name, value.slice(0, LONGEST)] as const] : []))
}

const KEPT: ReadonlySet<string> = new Set([
  'user-agent',
  'accept',
  'accept-language',
  'content-type',
  'content-length',
  'transfer-encoding',
  'origin',
  'sec-ch-ua',
  'sec-ch-ua-platform',
  'sec-fetch-dest',
  'sec-fetch-mode',
  'sec-fetch-site',
])
const LONGEST = 256
