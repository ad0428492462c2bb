import { causedBy, auditEvent, browser } from './audit/event.ts'
import type { Answer, Departure, RequestBody } from './answer.ts'
import { ACTION_FIELD, type ActionProof } from './decide/action.ts'
import { admit, type Admission } from './decide/admit.ts'
import { banned, placeOf, staysOpen } from './decide/ban.ts'
import type { RuleEvidence } from './decide/guard-judge.ts'
import type { Plan } from './decide/guard-plan.ts'
import { decide, hits } from './decide/decide.ts'
import type { Decision, Effect, Evidence } from './decide/facts.ts'
import { WS } from './decide/handshake.ts'
import { isNavigation, type RequestHead } from './decide/head.ts'
import type { Policy } from './decide/policy.ts'
import type { Route } from './decide/route.ts'
import type { Visitor } from './decide/session.ts'
import { GateError } from './errors.ts'
import { openWebSocket } from './forward/handshake.ts'
import { passThrough } from './forward/pass-through.ts'
import {
  addScores,
  afterwards,
  countAll,
  looksAgain,
  guardPartOf,
  judgeWatched,
  ownWithGuard,
  planOf,
  watch,
  type Watch,
  withGuard,
} from './guarding.ts'
import { guardParts } from './guarded-parts.ts'
import { actorOf, createRecognition, tossed } from './recognition.ts'
import { wantsPage } from './http/say.ts'
import { answerRefusal, codeOf, failed, isProblem, serveDecoy, withCookies } from './refusing.ts'
import { HSTS } from './http/security-headers.ts'
import { searchFor } from './trapping.ts'
import { lockedDown } from './lockdown.ts'
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
  const recognition = createRecognition(parts)

  async function judge(head: RequestHead, policy: Policy): Promise<Judging> {
    const admission = admit(head, policy)
    const locking = lockedDown(admission, parts)
    const locked = locking instanceof Promise ? await locking : locking
    if (locked !== null) return { decision: locked, before: NOTHING, seen: null }
    const shutting = parts.bans?.find(head.client, null, placeOf(admission, head, policy), head.at)
    const shut = shutting instanceof Promise ? await shutting : shutting
    if (shut && !(admission.kind === 'own' && staysOpen(head.path, policy.basePath)))
      return { decision: banned(shut, head, null), before: NOTHING, seen: null }
    const plan = planOf(head, admission, policy, parts)
    if (plan !== null) return await judgeWithGuard(head, admission, plan, policy)
    return { decision: await judgeAdmitted(head, admission, policy), before: NOTHING, seen: null }
  }

  async function judgeAdmitted(head: RequestHead, admission: Admission, policy: Policy): Promise<Decision | 'own'> {
    if (admission.kind === 'own') return 'own'
    if (admission.kind === 'refused') return { verdict: 'refuse', visitor: null, ...admission }
    const found = recognition.recognise(head, admission.route, policy)
    // A wait for what is here already costs the most frequent request half a microsecond.
    const visitor = found instanceof Promise ? await found : found
    if (visitor === 'tossed') return tossed(admission.route)
    const shutting = visitor.kind === 'stranger' ? null : parts.bans?.find(head.client, visitor, admission.route.id, head.at)
    const shut = shutting instanceof Promise ? await shutting : shutting
    if (shut) return banned(shut, head, visitor)
    const touched = hits(head, admission.route, visitor, policy)
    const counts = touched.length === 0 ? [] : await parts.counters.add(touched, head.at)
    const action = proven(head, admission.route, visitor)
    return decide({ head, route: admission.route, visitor, counts, action }, policy, admission.steps)
  }

  /** The same, with the guard's counters in the same round trip and its rules beside the rest. */
  async function judgeWithGuard(head: RequestHead, admission: Admission, plan: Plan, policy: Policy): Promise<Judging> {
    const route = admission.kind === 'route' ? admission.route : null
    const found =
      route !== null
        ? recognition.recognise(head, route, policy, plan.asksWho)
        : plan.asksWho
          ? recognition.recogniseAnyone(head, policy)
          : null
    const visitor = found instanceof Promise ? await found : found
    if (visitor === 'tossed') return { decision: tossed(route), before: NOTHING, seen: null }
    const shut =
      visitor === null || visitor.kind === 'stranger' ? null : await parts.bans?.find(head.client, visitor, plan.route.id, head.at)
    if (shut) return { decision: banned(shut, head, visitor), before: NOTHING, seen: null }
    const seen = watch(plan, head, visitor, parts.challenges?.cleared(head), (mark) => parts.traps?.presents(head, mark) ?? false)
    const touched = route === null || visitor === null ? NOTHING : hits(head, route, visitor, policy)
    const counting = countAll(touched, seen, parts)
    const counts = counting instanceof Promise ? await counting : counting
    if (plan.shares && visitor?.kind === 'known') parts.guard?.met(visitor.session.id, head.at)
    const judged = judgeWatched(seen, counts, touched.length, parts)
    if (judged !== null) parts.guard?.saw(judged, seen.subject)
    if (admission.kind === 'own') {
      const own = judged === null ? NOTHING : ownWithGuard(judged, seen)
      return 'verdict' in own ? { decision: own, before: NOTHING, seen } : { decision: 'own', before: own, seen }
    }
    const decision: Decision =
      route === null || visitor === null
        ? { verdict: 'refuse', visitor, ...(admission as Extract<Admission, { kind: 'refused' }>) }
        : decide(
            { head, route, visitor, counts: counts.slice(0, touched.length), action: proven(head, route, visitor) },
            policy,
            stepsOf(admission),
          )
    return { decision: judged === null ? decision : withGuard(decision, judged, seen), before: NOTHING, seen }
  }

  function proven(head: RequestHead, route: Route, visitor: Visitor): ActionProof {
    if (route.kind === 'site' || route.actionToken === 'none') return 'not-needed'
    if (parts.actionTokens === undefined) throw new GateError('internal', `${route.id} wants action tokens that no part makes`)
    return parts.actionTokens.prove(head, route, visitor)
  }

  async function handle(head: RequestHead, body: RequestBody | null, departure?: Departure): Promise<Answer> {
    let policy: Policy | null = null
    let evidence: Evidence = { route: null, steps: [] }
    let visitor: Visitor | null = null
    let rules: readonly RuleEvidence[] = []
    let answer: Answer
    let disguise: string | null = null
    try {
      policy = parts.policy()
      const search = searchFor(head, body, policy, parts)
      const { decision, before, seen } = await judge(head, policy)
      search?.head(decision === 'own' ? (seen?.subject.visitor ?? null) : decision.visitor)
      if (decision === 'own') {
        if (before.length > 0) await carryOut(before, head)
        answer = await parts.endpoints.answer(head, body, policy)
      } else {
        evidence = decision.evidence
        visitor = decision.visitor
        rules = decision.guard?.evidence ?? []
        const cookies = decision.effects.length === 0 ? NO_COOKIES : await carryOut(decision.effects, head)
        const bare =
          decision.verdict === 'refuse' ? await refuse(head, decision, policy) : await pass(head, body, decision, policy, departure)
        // It must not show in the answer, and has to be in every record.
        if (decision.verdict === 'refuse' && decision.reply.kind === 'decoy' && codeOf(bare) === null) disguise = 'decoy_served'
        answer = withCookies(bare, cookies)
      }
      if (seen !== null && looksAgain(seen)) await lookAgain(seen, answer, head)
    } catch (cause) {
      parts.observer.failure(head, cause)
      answer = failed(head, cause)
    }
    const shown = isNavigation(head) || (codeOf(answer) === 'challenge_required' && wantsPage(head))
    if (policy !== null && answer.status >= 400 && parts.endpoints.toPage !== undefined && isProblem(answer) && shown) {
      answer = await parts.endpoints.toPage(answer, head, policy).catch(() => answer)
    }
    const code = disguise ?? codeOf(answer)
    parts.observer.access({ head, ...evidence, status: answer.status, code })
    parts.decisions?.note({ head, ...evidence, status: answer.status, code, visitor, rules })
    return policy?.publicOrigin.startsWith('https:') === true && head.scheme === 'https'
      ? { ...answer, headers: [...answer.headers, HSTS] }
      : answer
  }

  /** The answer is on its way to the visitor: what fails now is the operator's to know. */
  async function lookAgain(seen: Watch, answer: Answer, head: RequestHead): Promise<void> {
    try {
      await carryOut(await afterwards(seen, answer, parts), head)
    } catch (cause) {
      parts.observer.failure(head, cause)
    }
  }

  async function pass(
    head: RequestHead,
    body: RequestBody | null,
    { route, visitor }: Passed,
    policy: Policy,
    departure: Departure | undefined,
  ): Promise<Answer> {
    if (route.kind === 'site') return watched(await ownSite(head), visitor, head.client, route, parts.streams)
    if (head.method === WS) return await openWebSocket(head, route, visitor, parts, departure)
    const { actionTokens } = parts
    if (route.actionToken === 'none' || visitor.kind === 'machine' || visitor.kind === 'bearer' || actionTokens === undefined)
      return watched(await passThrough(head, body, route, visitor, parts, departure), visitor, head.client, route, parts.streams)
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
      if (code !== null) return await refuse(head, { reply: { kind: 'problem', code }, visitor }, policy)
      sent = whole.body
    }
    const answer = watched(await passThrough(head, sent, route, visitor, parts, departure), visitor, head.client, route, parts.streams)
    const next = actionTokens.refresh(route, visitor, head.at)
    return next === null ? answer : { ...answer, headers: [...answer.headers, [ACTION_FIELD, next]] }
  }

  async function ownSite(head: RequestHead): Promise<Answer> {
    if (parts.site === null) throw new GateError('internal', 'the policy names a site that no part serves')
    return await parts.site.answer(head)
  }

  async function refuse(head: RequestHead, { reply, visitor, guard }: Refused, policy: Policy): Promise<Answer> {
    const rule = guard?.effective.rule ?? null
    const decoy = reply.kind === 'decoy' ? await serveDecoy(reply, head, { actor: actorOf(visitor), rule }, parts) : null
    if (decoy !== null) return decoy
    const answer = await answerRefusal(reply, head, policy, parts)
    if (reply.kind === 'problem' || rule !== null) {
      parts.audit.note(
        auditEvent({
          ...causedBy(head),
          kind: 'request.refused',
          actor: actorOf(visitor),
          target: `${head.method} ${head.path}`,
          result: 'refused',
          reason: reply.kind === 'problem' ? reply.code : reply.kind,
          rule,
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
        case 'measure':
          await guardPartOf(parts).carryOut(effect.measure, effect.subject)
          break
        case 'count':
          await addScores(effect.hits, head, parts)
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

  return { judge: async (head) => (await judge(head, parts.policy())).decision, handle }
}

/** A call that is judged with its body: an order, not a film. */
const MOST_MEANT_BYTES = 1_048_576

type Passed = Extract<Decision, { verdict: 'pass' }>
type Refused = Pick<Extract<Decision, { verdict: 'refuse' }>, 'reply' | 'visitor' | 'guard'>

/** `before`: what is to be done before an own endpoint answers. `seen`: what the guard looks at once more when the answer is there. */
interface Judging {
  readonly decision: Decision | 'own'
  readonly before: readonly Effect[]
  readonly seen: Watch | null
}

const NOTHING: readonly never[] = []
const NO_COOKIES: readonly string[] = []

function stepsOf(admission: Admission): readonly string[] {
  return admission.kind === 'route' ? admission.steps : NOTHING
}
