import { type JwtDemand, readBearer } from './bearer.ts'
import { counterKey, type Hit } from './counters.ts'
import type { Decision, Effect, Facts, Reply } from './facts.ts'
import { demandsSecondFactor, hasSecondFactor, isFresh } from './freshness.ts'
import { isNavigation, type RequestHead } from './head.ts'
import { customerOf, networkOf } from './ip.ts'
import { type KeyRefusal, readMachineKey, refuseMachineKey } from './machine-key.ts'
import type { Policy } from './policy.ts'
import { accessOf, type Route } from './route.ts'
import type { Session, Visitor } from './session.ts'

/** Which counters does this request touch? Named before anything is asked, so that the store answers in one round trip. */
export function hits(head: RequestHead, route: Route, visitor: Visitor, policy: Policy): readonly Hit[] {
  const { visits } = policy
  if (route.kind === 'api' && visitor.kind === 'visitor' && accessOf(route).kind === 'visitor') {
    // One arrival is earned back per lifetime, so a visit gets `requests` calls and no refill.
    const limit = { max: 1, perMs: visits.lifetimeMs, burst: visits.requests }
    return [{ key: counterKey('visit', visitor.visit.id), limit, keepMs: visits.lifetimeMs }]
  }
  if (visitor.kind === 'machine') return [{ key: counterKey('machine-key', visitor.key.id), limit: visitor.key.limit, keepMs: HOUR_MS }]
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

/** All visits of an IPv6 /48. Asked after `visitStartHit`, so that one network that begs on and on does not use up its neighbours' share. */
export function visitSpreadHit(head: RequestHead, { visits }: Policy): Hit | null {
  const customer = customerOf(head.client)
  if (customer === null) return null
  const limit = { max: visits.perCustomerHour, perMs: HOUR_MS, burst: visits.perCustomerHour }
  return { key: counterKey('visit-start-customer', customer), limit, keepMs: HOUR_MS }
}

/** The judgement, top to bottom. What is not expressly passed is refused. */
export function decide(facts: Facts, policy: Policy, steps: readonly string[]): Decision {
  const { route, visitor, counts } = facts
  const effects = effectsOf(facts, policy)
  const trace = [...steps, `visitor ${visitor.kind}`]
  const refuse = (reply: Reply, step: string): Decision => ({
    verdict: 'refuse',
    reply,
    visitor,
    evidence: { route: route.id, steps: [...trace, step] },
    effects,
  })
  const keyless = refuseMachine(facts)
  if (keyless !== null) return refuse({ kind: 'problem', code: keyless.code }, keyless.step)
  const lacking = refuseAccess(facts, policy)
  if (lacking !== null) return refuse(lacking, `access ${accessOf(route).kind}`)
  const { action } = facts
  if (action !== 'good' && action !== 'not-needed')
    return refuse(
      { kind: 'problem', code: action === 'missing' ? 'action_token_missing' : 'action_token_refused' },
      `action token ${action}`,
    )
  const over = route.kind === 'api' ? counts.find((count) => count.over) : undefined
  if (over !== undefined) {
    const [code, step] =
      visitor.kind === 'machine' ? (['machine_key_rate', 'counter machine-key'] as const) : (['visit_exhausted', 'counter visit'] as const)
    return refuse({ kind: 'problem', code, retryAfterMs: over.retryAfterMs }, step)
  }
  return { verdict: 'pass', route, visitor, evidence: { route: route.id, steps: trace }, effects }
}

const HOUR_MS = 3_600_000

/** A key that was shown decides alone: one that is not good is never passed over in favour of what else would admit the call. */
function refuseMachine({ head, route, visitor }: Facts): { readonly code: KeyRefusal; readonly step: string } | null {
  if (route.kind !== 'api' || readMachineKey(head).kind === 'absent') return null
  if (visitor.kind !== 'machine') return { code: 'machine_key_refused', step: 'machine key unknown' }
  return refuseMachineKey(visitor.key, head, route)
}

/** An address list or a header never admits anybody: only a session or a visit does. */
function refuseAccess(facts: Facts, { secondFactor }: Policy): Reply | null {
  const { head, route, visitor } = facts
  const access = accessOf(route)
  // Sign-in sees to it; this is for sessions that were there before the owner demanded it.
  const isBare = visitor.kind === 'known' && demandsSecondFactor(secondFactor, visitor.roles) && !hasSecondFactor(visitor.session)
  if (isBare && access.kind !== 'public' && access.kind !== 'visitor') return { kind: 'enrol' }
  switch (access.kind) {
    case 'public':
      return null
    case 'visitor':
      return visitor.kind === 'stranger' ? { kind: 'problem', code: 'visit_required' } : null
    case 'login':
      return visitor.kind === 'known' || visitor.kind === 'machine' ? null : signIn(head, visitor)
    case 'jwt':
      return refuseBearer(facts, access.demand)
    case 'role':
      if (visitor.kind === 'machine') return refuseRole(visitor.key.roles, access.role)
      return visitor.kind === 'known' ? refuseRole(visitor.roles, access.role) : signIn(head, visitor)
    case 'fresh':
      // A key proves nothing anew: what needs a person's proof is closed to it.
      if (visitor.kind !== 'known') return signIn(head, visitor)
      // The role first: whoever may not do it anyway is not asked for a proof.
      return refuseRole(visitor.roles, access.role) ?? refuseStale(visitor.session, access.withinMs, head)
  }
}

/** A JWT that was shown decides alone, as a machine key does. */
function refuseBearer({ head, visitor }: Facts, { orLogin, scope }: JwtDemand): Reply | null {
  if (visitor.kind === 'bearer') {
    return scope.every((needed) => visitor.bearer.scope.includes(needed)) ? null : { kind: 'problem', code: 'jwt_scope' }
  }
  if (readBearer(head).kind !== 'absent') return { kind: 'problem', code: 'jwt_refused' }
  if (orLogin) return visitor.kind === 'known' || visitor.kind === 'machine' ? null : signIn(head, visitor)
  return visitor.kind === 'machine' ? null : { kind: 'problem', code: 'jwt_required' }
}

function signIn(head: RequestHead, visitor: Visitor): Reply {
  if (isNavigation(head)) return { kind: 'login' }
  // Its browser has a newer cookie, or is about to: the same call, sent again, is that session's.
  const isReplaced = visitor.kind === 'stranger' && visitor.stale === 'replaced'
  return { kind: 'problem', code: isReplaced ? 'session_replaced' : 'session_required' }
}

function refuseRole(roles: readonly string[], role: string | null): Reply | null {
  return role === null || roles.includes(role) ? null : { kind: 'problem', code: 'role_required' }
}

function refuseStale(session: Session, withinMs: number, head: RequestHead): Reply | null {
  return isFresh(session, withinMs, head.at) ? null : { kind: 'step-up', maxAgeMs: withinMs }
}

function effectsOf({ head, route, visitor, counts }: Facts, policy: Policy): readonly Effect[] {
  if (visitor.kind === 'known') return visitor.touch ? [{ do: 'touch', session: visitor.session.id }] : []
  if (visitor.kind === 'machine') return visitor.note ? [{ do: 'note-key', key: visitor.key.id }] : []
  const effects: Effect[] = []
  if (visitor.kind === 'stranger' && visitor.expired !== null && visitor.stale !== null) {
    effects.push({ do: 'end-expired', session: visitor.expired, because: visitor.stale })
  }
  if (beginsVisit(head, route, visitor, policy) && !counts.some((count) => count.over))
    effects.push({ do: 'start-visit', within: visitSpreadHit(head, policy) })
  return effects
}

/** Opening a page of the site begins a visit, when some API takes visitors. */
function beginsVisit(head: RequestHead, route: Route, visitor: Visitor, policy: Policy): boolean {
  return (
    route.kind === 'site' && visitor.kind === 'stranger' && isNavigation(head) && policy.apis.some((api) => api.access.kind === 'visitor')
  )
}
