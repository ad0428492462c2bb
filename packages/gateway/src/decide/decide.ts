import { counterKey, type Hit } from './counters.ts'
import type { Decision, Effect, Facts, RefusalCode, Reply } from './facts.ts'
import { isNavigation, type RequestHead } from './head.ts'
import { networkOf } from './ip.ts'
import type { Policy } from './policy.ts'
import { accessOf, type Route } from './route.ts'
import type { Visitor } from './session.ts'

/** Which counters does this request touch? Named before anything is asked, so that the store answers in one round trip. */
export function hits(head: RequestHead, route: Route, visitor: Visitor, policy: Policy): readonly Hit[] {
  const { visits } = policy
  if (route.kind === 'api' && visitor.kind === 'visitor' && accessOf(route).kind === 'visitor') {
    // One arrival is earned back per lifetime, so a visit gets `requests` calls and no refill.
    const limit = { max: 1, perMs: visits.lifetimeMs, burst: visits.requests }
    return [{ key: counterKey('visit', visitor.visit.id), limit, keepMs: visits.lifetimeMs }]
  }
  if (beginsVisit(head, route, visitor, policy)) {
    return [visitStartHit(head, policy)]
  }
  return []
}

/** The counter of visits that one address begins, wherever it begins them. */
export function visitStartHit(head: RequestHead, { visits }: Policy): Hit {
  const limit = { max: visits.perAddressHour, perMs: HOUR_MS, burst: visits.perAddressHour }
  return { key: counterKey('visit-start', networkOf(head.client)), limit, keepMs: HOUR_MS }
}

/** The judgement, top to bottom. What is not expressly passed is refused. */
export function decide(facts: Facts, policy: Policy, steps: readonly string[]): Decision {
  const { head, route, visitor, counts } = facts
  const effects = effectsOf(facts, policy)
  const trace = [...steps, `visitor ${visitor.kind}`]
  const refuse = (reply: Reply, step: string): Decision => ({
    verdict: 'refuse',
    reply,
    visitor,
    evidence: { route: route.id, steps: [...trace, step] },
    effects,
  })
  const lacking = refuseAccess(facts)
  if (lacking !== null) {
    const wantsPage = lacking === 'session_required' && isNavigation(head)
    return refuse(wantsPage ? { kind: 'login' } : { kind: 'problem', code: lacking }, `access ${accessOf(route).kind}`)
  }
  const over = route.kind === 'api' ? counts.find((count) => count.over) : undefined
  if (over !== undefined) return refuse({ kind: 'problem', code: 'visit_exhausted', retryAfterMs: over.retryAfterMs }, 'counter visit')
  return { verdict: 'pass', route, visitor, evidence: { route: route.id, steps: trace }, effects }
}

const HOUR_MS = 3_600_000

/** An address list or a header never admits anybody: only a session or a visit does. */
function refuseAccess({ route, visitor }: Facts): RefusalCode | null {
  const access = accessOf(route)
  switch (access.kind) {
    case 'public':
      return null
    case 'visitor':
      return visitor.kind === 'stranger' ? 'visit_required' : null
    case 'login':
      return visitor.kind === 'known' ? null : 'session_required'
    case 'role':
      if (visitor.kind !== 'known') return 'session_required'
      return visitor.roles.includes(access.role) ? null : 'role_required'
  }
}

function effectsOf({ head, route, visitor, counts }: Facts, policy: Policy): readonly Effect[] {
  if (visitor.kind === 'known') return visitor.touch ? [{ do: 'touch', session: visitor.session.id }] : []
  const effects: Effect[] = []
  if (visitor.kind === 'stranger' && visitor.expired !== null && visitor.stale !== null) {
    effects.push({ do: 'end-expired', session: visitor.expired, because: visitor.stale })
  }
  if (beginsVisit(head, route, visitor, policy) && !counts.some((count) => count.over)) effects.push({ do: 'start-visit' })
  return effects
}

/** Opening a page of the site begins a visit, when some API takes visitors. */
function beginsVisit(head: RequestHead, route: Route, visitor: Visitor, policy: Policy): boolean {
  return (
    route.kind === 'site' && visitor.kind === 'stranger' && isNavigation(head) && policy.apis.some((api) => api.access.kind === 'visitor')
  )
}
