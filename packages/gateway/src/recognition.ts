import type { AuditActor } from '@cloakroom/contract'
import { auditEvent, browser, causedBy, jwtBearer, program } from './audit/event.ts'
import { type JwtDemand, type PresentedJwt, readBearer } from './decide/bearer.ts'
import { readCookie, SESSION_COOKIE, VISIT_COOKIE } from './decide/cookies.ts'
import type { Decision } from './decide/facts.ts'
import type { RequestHead } from './decide/head.ts'
import { type MachineKey, machineOf, type PresentedKey, readMachineKey } from './decide/machine-key.ts'
import type { Policy } from './decide/policy.ts'
import { accessOf, type Route } from './decide/route.ts'
import { identify, type Visitor } from './decide/session.ts'
import { GateError } from './errors.ts'
import { type Awaitable, onceHere } from './lib/awaitable.ts'
import type { Parts } from './parts.ts'

export interface Recognition {
  /** On a route. `tossed`: a cookie of ours came twice. `always`: also where everybody may. */
  recognise(head: RequestHead, route: Route, policy: Policy, always?: boolean): Awaitable<Visitor | 'tossed'>
  recogniseAnyone(head: RequestHead, policy: Policy): Promise<Visitor>
}

const ABSENT = { kind: 'absent' } as const
const UNREADABLE = { kind: 'refused', why: 'not a bearer token' } as const

export function createRecognition(parts: Parts): Recognition {
  /** Outside the routes only the guard wants to know who it is; a cookie that came twice makes nobody of him. */
  async function recogniseAnyone(head: RequestHead, policy: Policy): Promise<Visitor> {
    const [session, visit] = [readCookie(head.headers, SESSION_COOKIE), readCookie(head.headers, VISIT_COOKIE)]
    const claim = session.kind === 'one' ? await parts.sessions.claim(session.value) : null
    return identify(claim, visit.kind === 'one' ? parts.visits.open(visit.value, head.at) : null, policy.sessions, head.at)
  }

  /** Who sent it? Asks the store only where the answer matters. */
  function recognise(head: RequestHead, route: Route, policy: Policy, always = false): Awaitable<Visitor | 'tossed'> {
    if (route.kind === 'api') {
      const presented = readMachineKey(head)
      if (presented.kind !== 'absent') return onceHere(claimKey(presented), (key) => machineOf(key, head.at))
    }
    const access = accessOf(route)
    if (access.kind === 'jwt') {
      const presented = readBearer(head)
      // Whoever shows a JWT is judged by it, whatever cookie lies beside it.
      if (presented.kind !== 'absent') return bearerOf(presented, access.demand, head)
      if (!access.demand.orLogin && !always) return { kind: 'stranger', stale: null, expired: null }
    }
    const visits = access.kind === 'visitor' || route.kind === 'site'
    if (access.kind === 'public' && !visits && !always) return { kind: 'stranger', stale: null, expired: null }
    const session = readCookie(head.headers, SESSION_COOKIE)
    const visit = visits ? readCookie(head.headers, VISIT_COOKIE) : ABSENT
    if (session.kind === 'many' || visit.kind === 'many') return 'tossed'
    const claimed = session.kind === 'one' && (access.kind !== 'public' || always) ? parts.sessions.claim(session.value) : null
    return onceHere(claimed, (claim) =>
      identify(claim, visit.kind === 'one' ? parts.visits.open(visit.value, head.at) : null, policy.sessions, head.at),
    )
  }

  async function bearerOf(presented: PresentedJwt, demand: JwtDemand, head: RequestHead): Promise<Visitor> {
    if (parts.bearers === undefined) throw new GateError('internal', 'the policy takes JWTs that no part checks')
    const outcome = presented.kind === 'one' ? await parts.bearers.verify(presented.jwt, demand, head.at) : UNREADABLE
    if (outcome.kind === 'good') return { kind: 'bearer', bearer: outcome.bearer }
    parts.audit.note(
      auditEvent({
        ...causedBy(head),
        kind: 'jwt.refused',
        actor: browser(null, null),
        target: `${head.method} ${head.path}`,
        result: 'refused',
        reason: outcome.why,
        detail: { issuer: demand.issuer },
      }),
    )
    return { kind: 'stranger', stale: null, expired: null }
  }

  function claimKey(presented: PresentedKey): Awaitable<MachineKey | null> {
    return presented.kind === 'one' && parts.machineKeys !== undefined ? parts.machineKeys.claim(presented.id, presented.secret) : null
  }

  return { recognise, recogniseAnyone }
}

/** Who it was, for the audit trail. */
export function actorOf(visitor: Visitor | null): AuditActor {
  if (visitor?.kind === 'machine') return program(visitor.key)
  if (visitor?.kind === 'bearer') return jwtBearer(visitor.bearer)
  return browser(visitor?.kind === 'known' ? visitor.session.name : null, null)
}

/** A cookie of ours that came twice makes nobody of him, and is told. */
export function tossed(route: Route | null): Decision {
  return {
    verdict: 'refuse',
    reply: { kind: 'problem', code: 'duplicate_cookie' },
    visitor: null,
    evidence: { route: route?.id ?? null, steps: ['cookie sent twice'] },
    effects: [],
  }
}
