import type { AuditEvent } from '@cloakroom/contract'
import { createBanMeasure } from '../ban/ban-measure.ts'
import { createBans } from '../ban/bans.ts'
import { admit } from '../decide/admit.ts'
import type { DecisionRecord } from '../decide/decision-record.ts'
import type { Effect } from '../decide/facts.ts'
import { TERMINAL, type GuardActionKind } from '../decide/guard-action.ts'
import { askSignals, readSignals } from '../decide/guard-hits.ts'
import { judgeGuard, type Judged, type Outcome } from '../decide/guard-judge.ts'
import { eventStage } from '../decide/guard-plan.ts'
import type { Guard, GuardState } from '../decide/guard.ts'
import type { Instant } from '../decide/head.ts'
import type { Policy } from '../decide/policy.ts'
import { afterwards, countAll, effectsOf, judgeWatched, planOf, watch } from '../guarding.ts'
import type { Parts } from '../parts.ts'
import { memoryBans } from '../store/memory/bans.ts'
import { MOST_BANS } from '../store/verdict-stores.ts'
import { memoryCounters } from '../store/memory/counters.ts'
import { subjectOf } from './event-feed.ts'
import { headOf, isAnswerKnown, visitorOf } from './recorded.ts'

/** What a guard makes of one recorded request. */
export interface Replayed {
  /** What would have ended the request; null when it would have gone on. `banned`: for what was done before. */
  readonly action: GuardActionKind | 'banned' | 'signed-out' | null
  readonly rule: string | null
  readonly judged: Judged | null
}

export interface Replay {
  request(record: DecisionRecord): Promise<Replayed>
  /** Of the audit trail. */
  event(event: AuditEvent): Promise<void>
}

const ARMED: GuardState = { armed: true, demoted: new Set() }
const MOST_COUNTERS = 1_000_000

/** A guard that is given what was recorded, in order, with counters and bans of its own: nobody is told, and no store changes. */
export function createReplay(guard: Guard, whole: Policy, idOf: NonNullable<Parts['endpoints']['idOf']>): Replay {
  const policy: Policy = { ...whole, guard }
  const parts = partsOf(idOf)
  const banStore = memoryBans(MOST_BANS)
  const bans = createBans(banStore)
  const ended = new Set<string>()
  let drawn = 0
  const ban = createBanMeasure({
    store: banStore,
    audit: parts.audit,
    random: () => Buffer.from((drawn += 1).toString(16).padStart(12, '0'), 'hex'),
    policy: () => policy,
    label: (session) => session,
  })
  const stage = eventStage(guard)

  async function carryOut(effects: readonly Effect[], at: Instant): Promise<void> {
    for (const effect of effects) {
      if (effect.do === 'count') await parts.counters.add(effect.hits, at)
      if (effect.do !== 'measure') continue
      const { measure, subject } = effect
      if (measure.action.kind === 'ban') await ban(measure.rule, measure.action, subject)
      if (measure.action.kind === 'revoke' && subject.visitor?.kind === 'known')
        ended.add(measure.action.what === 'session' ? subject.visitor.session.id : `account ${subject.visitor.session.name}`)
    }
  }

  return {
    async request(record) {
      const head = headOf(record, policy.publicHost)
      const visitor = visitorOf(record.who)
      const admission = admit(head, policy)
      const place = admission.kind === 'route' ? admission.route.id : admission.kind === 'own' ? (idOf(head, policy) ?? null) : null
      const shut = await bans.find(head.client, visitor, place, head.at)
      if (shut !== null) return { action: 'banned', rule: shut.rule, judged: null }
      if (visitor.kind === 'known' && (ended.has(visitor.session.id) || ended.has(`account ${visitor.session.name}`)))
        return { action: 'signed-out', rule: null, judged: null }
      const plan = planOf(head, admission, policy, parts)
      if (plan === null) return PASSED
      const seen = watch(plan, head, visitor)
      const judged = judgeWatched(seen, await countAll([], seen, parts), 0, parts)
      if (judged !== null) await carryOut(effectsOf(judged, plan.request, seen.subject), head.at)
      if (isAnswerKnown(record)) {
        const code = record.code === null ? [] : ([['cloakroom-error', record.code]] as const)
        await carryOut(await afterwards(seen, { status: record.status, headers: code, body: null }, parts), head.at)
      }
      return { action: judged === null ? null : actionOf(judged.effective), rule: judged?.effective.rule ?? null, judged }
    },
    async event(event) {
      if (event.kind.startsWith('guard.') || (stage.signals.length === 0 && stage.rules.length === 0)) return
      const subject = subjectOf(event)
      const asked = askSignals(stage, subject, 'event')
      const counts = asked.hits.length === 0 ? [] : await parts.counters.add(asked.hits, subject.at)
      const judged = judgeGuard(stage.rules, subject, readSignals(stage, asked, counts, 0), ARMED)
      if (judged === null) return
      await carryOut(effectsOf(judged, stage, subject), subject.at)
    },
  }
}

const PASSED: Replayed = { action: null, rule: null, judged: null }

function actionOf({ answer, measures, rule }: Outcome): Replayed['action'] {
  if (answer !== null) return answer.kind
  return measures.find((measure) => measure.rule === rule && TERMINAL.has(measure.action.kind))?.action.kind ?? null
}

/** As much of a gateway as the judgement needs. */
function partsOf(idOf: NonNullable<Parts['endpoints']['idOf']>): Parts {
  const nobody = (): undefined => undefined
  const guard = { state: () => ARMED, carryOut: nobody, met: nobody, refusedInShadow: () => false, saw: nobody }
  const observer = {
    access: nobody,
    failure(_head: unknown, cause: unknown) {
      throw cause
    },
  }
  const audit = { note: nobody, commit: () => Promise.resolve() }
  return { counters: memoryCounters(MOST_COUNTERS), guard, endpoints: { idOf }, observer, audit } as unknown as Parts
}
