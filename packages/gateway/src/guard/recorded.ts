import type { DecisionRecord, Who } from '../decide/decision-record.ts'
import { networkOf } from '../decide/ip.ts'
import { headersOf } from '../decide/headers.ts'
import type { RequestHead } from '../decide/head.ts'
import type { Guard } from '../decide/guard.ts'
import type { Visitor } from '../decide/session.ts'

/** A recorded request as a condition sees it: without query, cookies and body, which are not recorded. */
export function headOf({ request, at, client, scheme, method, path, fields }: DecisionRecord, host: string): RequestHead {
  return { id: request, at, client, scheme, host, method, path, query: '', headers: headersOf(fields) }
}

/** Who it was, as far as it is recorded: a session by its label, which is as good as its id for telling it from others. */
export function visitorOf(who: Who): Visitor {
  switch (who.kind) {
    case 'stranger':
      return { kind: 'stranger', stale: null, expired: null }
    case 'visitor':
      return { kind: 'visitor', visit: { id: who.visit, startedAt: who.startedAt } }
    case 'machine':
      return {
        kind: 'machine',
        note: false,
        key: {
          id: who.key,
          name: who.key,
          scopes: [],
          roles: [],
          limit: { max: 1, perMs: 1, burst: 1 },
          from: [],
          expiresAt: null,
          revokedAt: null,
          lastUsedAt: null,
        },
      }
    case 'known':
      return {
        kind: 'known',
        session: {
          id: who.session,
          account: who.account,
          name: who.account,
          generation: 0,
          factors: who.factors as Extract<Visitor, { kind: 'known' }>['session']['factors'],
          createdAt: who.since,
          authenticatedAt: who.since,
          seenAt: who.seenAt,
          address: who.address,
          agent: who.agent,
          traits: who.traits,
          revoked: null,
        },
        roles: who.roles,
        touch: false,
      }
  }
}

/** Whom to count as one. */
export function personOf({ who, client }: DecisionRecord): string {
  switch (who.kind) {
    case 'known':
      return `session ${who.session}`
    case 'visitor':
      return `visit ${who.visit}`
    case 'machine':
      return `program ${who.key}`
    case 'stranger':
      return `network ${networkOf(client)}`
  }
}

/** Whatever was recorded of the answer is the API's own, unless a rule or a ban stood before it. */
export function isAnswerKnown({ verdict, code, rules }: DecisionRecord): boolean {
  return verdict === 'passed' || (code !== 'banned' && !rules.some(({ did }) => did.length > 0))
}

const NOT_RECORDED = /^(?:query\(\)|header\(\)|request\.presents_\w+|session\.shown|response\.(?:bytes|ms))$/

/** What conditions of this guard look at and no record holds: they see it empty, or as unknown. */
export function unrecordedIn({ rules, signals }: Guard): readonly string[] {
  const conditions = [
    ...rules.filter(({ mode }) => mode.kind !== 'off').flatMap(({ when, limits }) => [when, limits.neverIf]),
    ...signals.map(({ when }) => when),
  ]
  return [...new Set(conditions.flatMap((condition) => condition?.reads ?? []))].filter((fact) => NOT_RECORDED.test(fact)).toSorted()
}
