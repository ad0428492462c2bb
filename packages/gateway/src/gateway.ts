import type { AuditActor } from '@cloakroom/contract'
import { causedBy, auditEvent, browser, program } from './audit/event.ts'
import type { Answer, Departure, RequestBody } from './answer.ts'
import { ACTION_FIELD, type ActionProof } from './decide/action.ts'
import { admit } from './decide/admit.ts'
import { readCookie, SESSION_COOKIE, VISIT_COOKIE } from './decide/cookies.ts'
import { decide, hits } from './decide/decide.ts'
import type { Decision, Effect, Evidence, Reply } from './decide/facts.ts'
import { WS } from './decide/handshake.ts'
import { isNavigation, type RequestHead } from './decide/head.ts'
import type { Policy } from './decide/policy.ts'
import { accessOf, type Route } from './decide/route.ts'
import { type MachineKey, machineOf, type PresentedKey, readMachineKey } from './decide/machine-key.ts'
import { identify, type Visitor } from './decide/session.ts'
import { GateError } from './errors.ts'
import { openWebSocket } from './forward/handshake.ts'
import { passThrough } from './forward/pass-through.ts'
import { guardParts } from './guarded-parts.ts'
import { render } from './http/render.ts'
import { problem } from './http/problem.ts'
import { HSTS } from './http/security-headers.ts'
import { type Awaitable, onceHere } from './lib/awaitable.ts'
import type { Parts } from './parts.ts'
import { watched } from './forward/watched-body.ts'
import { wholeBody } from './forward/whole-body.ts'

/** The way of a request. `judge` says what would happen; `handle` makes it happen. */
export interface Gateway {
  judge(head: RequestHead): Promise<Decision | 'own'>
  /** Never rejects: whatever is thrown on the way becomes a refusal, and nothing is sent upstream. */
  handle(head: RequestHead, body: RequestBody | null, departure?: Departure): Promise<Answer>
}

export function createSpine(unguarded: Parts): Gateway {
  const parts = guardParts(unguarded)

  async function judge(head: RequestHead, policy: Policy = parts.policy()): Promise<Decision | 'own'> {
    const admission = admit(head, policy)
    if (admission.kind === 'own') return 'own'
    if (admission.kind === 'refused') return { verdict: 'refuse', visitor: null, ...admission }
    const found = recognise(head, admission.route, policy)
    // A wait for what is here already costs the most frequent request half a microsecond.
    const visitor = found instanceof Promise ? await found : found
    if (visitor === 'tossed') return tossed(admission.route)
    const touched = hits(head, admission.route, visitor, policy)
    const counts = touched.length === 0 ? [] : await parts.counters.add(touched, head.at)
    const action = proven(head, admission.route, visitor)
    return decide({ head, route: admission.route, visitor, counts, action }, policy, admission.steps)
  }

  /** Who sent it? Asks the store only where the answer matters. */
  function recognise(head: RequestHead, route: Route, policy: Policy): Awaitable<Visitor | 'tossed'> {
    if (route.kind === 'api') {
      const presented = readMachineKey(head)
      if (presented.kind !== 'absent') return onceHere(claimKey(presented), (key) => machineOf(key, head.at))
    }
    const access = accessOf(route)
    const visits = access.kind === 'visitor' || route.kind === 'site'
    if (access.kind === 'public' && !visits) return { kind: 'stranger', stale: null, expired: null }
    const session = readCookie(head.headers, SESSION_COOKIE)
    const visit = visits ? readCookie(head.headers, VISIT_COOKIE) : ABSENT
    if (session.kind === 'many' || visit.kind === 'many') return 'tossed'
    const claimed = session.kind === 'one' && access.kind !== 'public' ? parts.sessions.claim(session.value) : null
    return onceHere(claimed, (claim) =>
      identify(claim, visit.kind === 'one' ? parts.visits.open(visit.value, head.at) : null, policy.sessions, head.at),
    )
  }

  function proven(head: RequestHead, route: Route, visitor: Visitor): ActionProof {
    if (route.kind === 'site' || route.actionToken === 'none') return 'not-needed'
    if (parts.actionTokens === undefined) throw new GateError('internal', `${route.id} wants action tokens that no part makes`)
    return parts.actionTokens.prove(head, route, visitor)
  }

  function claimKey(presented: PresentedKey): Awaitable<MachineKey | null> {
    return presented.kind === 'one' && parts.machineKeys !== undefined ? parts.machineKeys.claim(presented.id, presented.secret) : null
  }

  async function handle(head: RequestHead, body: RequestBody | null, departure?: Departure): Promise<Answer> {
    let policy: Policy | null = null
    let evidence: Evidence = { route: null, steps: [] }
    let answer: Answer
    try {
      policy = parts.policy()
      const decision = await judge(head, policy)
      if (decision === 'own') {
        answer = await parts.endpoints.answer(head, body, policy)
      } else {
        evidence = decision.evidence
        const cookies = decision.effects.length === 0 ? NO_COOKIES : await carryOut(decision.effects, head)
        const bare =
          decision.verdict === 'refuse'
            ? refuse(head, decision.reply, decision.visitor, policy)
            : await pass(head, body, decision, policy, departure)
        answer = withCookies(bare, cookies)
      }
    } catch (cause) {
      parts.observer.failure(head, cause)
      answer = failed(head, cause)
    }
    if (policy !== null && answer.status >= 400 && parts.endpoints.toPage !== undefined && isProblem(answer) && isNavigation(head)) {
      answer = await parts.endpoints.toPage(answer, head, policy).catch(() => answer)
    }
    parts.observer.access({ head, ...evidence, status: answer.status, code: codeOf(answer) })
    return policy?.publicOrigin.startsWith('https:') === true && head.scheme === 'https'
      ? { ...answer, headers: [...answer.headers, HSTS] }
      : answer
  }

  async function pass(
    head: RequestHead,
    body: RequestBody | null,
    { route, visitor }: Passed,
    policy: Policy,
    departure: Departure | undefined,
  ): Promise<Answer> {
    if (route.kind === 'site') return watched(await ownSite(head), visitor, route, parts.streams)
    if (head.method === WS) return await openWebSocket(head, route, visitor, parts, departure)
    const { actionTokens } = parts
    if (route.actionToken === 'none' || visitor.kind === 'machine' || actionTokens === undefined)
      return watched(await passThrough(head, body, route, visitor, parts, departure), visitor, route, parts.streams)
    let sent = body
    if (route.actionToken === 'once') {
      const whole = await wholeBody(body, Math.min(route.api.limits.requestBytes, MOST_MEANT_BYTES))
      const code = await actionTokens.spend(head, whole.bytes)
      if (code === 'action_token_spent') {
        parts.audit.note(
          auditEvent({
            ...causedBy(head),
            kind: 'action_token.reused',
            actor: actorOf(visitor),
            target: route.id,
            result: 'refused',
            reason: code,
          }),
        )
      }
      if (code !== null) return refuse(head, { kind: 'problem', code }, visitor, policy)
      sent = whole.body
    }
    const answer = watched(await passThrough(head, sent, route, visitor, parts, departure), visitor, route, parts.streams)
    const next = actionTokens.refresh(route, visitor, head.at)
    return next === null ? answer : { ...answer, headers: [...answer.headers, [ACTION_FIELD, next]] }
  }

  async function ownSite(head: RequestHead): Promise<Answer> {
    if (parts.site === null) throw new GateError('internal', 'the policy names a site that no part serves')
    return await parts.site.answer(head)
  }

  function refuse(head: RequestHead, reply: Reply, visitor: Visitor | null, policy: Policy): Answer {
    const answer = render(reply, head, policy)
    if (reply.kind === 'problem') {
      parts.audit.note(
        auditEvent({
          ...causedBy(head),
          kind: 'request.refused',
          actor: actorOf(visitor),
          target: `${head.method} ${head.path}`,
          result: 'refused',
          reason: reply.code,
        }),
      )
    }
    return answer
  }

  /** Does what the judgement asked for, before the request goes on. Returns Set-Cookie lines. */
  async function carryOut(effects: readonly Effect[], head: RequestHead): Promise<readonly string[]> {
    const cookies: string[] = []
    for (const effect of effects) {
      switch (effect.do) {
        case 'touch':
          await parts.sessions.touch(effect.session, head.at)
          break
        case 'end-expired':
          await parts.sessions.end(effect.session, head.at, effect.because)
          break
        case 'note-key':
          await parts.machineKeys?.noteUse(effect.key, head.at, head.client)
          break
        case 'start-visit': {
          const counted = effect.within === null ? null : await parts.counters.add([effect.within], head.at)
          // No answer is no permission.
          if (counted !== null && counted[0]?.over !== false) break
          const { visit, setCookie } = parts.visits.start(head.at)
          parts.audit.note(auditEvent({ ...causedBy(head), kind: 'visit.started', actor: browser(null, visit.id.slice(0, 8)) }))
          cookies.push(setCookie)
          break
        }
      }
    }
    return cookies
  }

  return { judge: (head) => judge(head), handle }
}

function actorOf(visitor: Visitor | null): AuditActor {
  if (visitor?.kind === 'machine') return program(visitor.key)
  return browser(visitor?.kind === 'known' ? visitor.session.name : null, null)
}

/** A call that is judged with its body: an order, not a film. */
const MOST_MEANT_BYTES = 1_048_576

type Passed = Extract<Decision, { verdict: 'pass' }>

const ABSENT = { kind: 'absent' } as const
const NO_COOKIES: readonly string[] = []

function tossed(route: Route): Decision {
  return {
    verdict: 'refuse',
    reply: { kind: 'problem', code: 'duplicate_cookie' },
    visitor: null,
    evidence: { route: route.id, steps: ['cookie sent twice'] },
    effects: [],
  }
}

function withCookies(answer: Answer, cookies: readonly string[]): Answer {
  if (cookies.length === 0) return answer
  // What sets a session must not be stored (CVE-2025-48947): a cache would hand one visitor's cookie to the next.
  const headers = answer.headers.filter(([name]) => name !== 'cache-control')
  return { ...answer, headers: [...headers, ['cache-control', 'no-store'], ...cookies.map((line) => ['set-cookie', line] as const)] }
}

function failed(head: RequestHead, cause: unknown): Answer {
  if (!(cause instanceof GateError)) return problem('internal', { request: head.id })
  return problem(cause.code, { request: head.id, retryAfterMs: cause.retryAfterMs })
}

/** Ours, and not yet a page: an upstream's problem details carry no code of ours. */
function isProblem({ headers }: Answer): boolean {
  return headers.some(([name, value]) => name === 'content-type' && value === 'application/problem+json') && codeOf({ headers }) !== null
}

function codeOf(answer: Pick<Answer, 'headers'>): string | null {
  for (const field of answer.headers) if (field[0] === 'cloakroom-error') return field[1]
  return null
}
