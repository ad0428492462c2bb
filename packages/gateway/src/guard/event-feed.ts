import type { AuditEvent } from '@cloakroom/contract'
import { askSignals, readSignals, STANDING, type Standing } from '../decide/guard-hits.ts'
import { judgeGuard } from '../decide/guard-judge.ts'
import { eventStage } from '../decide/guard-plan.ts'
import type { Guard, GuardEvent, Subject } from '../decide/guard.ts'
import { effectsOf } from '../guarding.ts'
import type { GuardPart, Parts } from '../parts.ts'

export interface EventFeedOptions {
  readonly guard: Guard | null
  readonly part: GuardPart
  readonly counters: Parts['counters']
  readonly onFailure: (cause: unknown) => void
}

/** Events of the audit trail as the guard's signals and rules of the event phase see them. Never throws. */
export function createEventFeed({ guard, part, counters, onFailure }: EventFeedOptions): (event: AuditEvent) => void {
  if (guard === null) return () => undefined
  const stage = eventStage(guard)
  if (stage.signals.length === 0 && stage.rules.length === 0) return () => undefined

  async function take(subject: Subject): Promise<void> {
    const asked = askSignals(stage, subject, 'event', standingOf(subject))
    const counts = asked.hits.length === 0 ? [] : await counters.add(asked.hits, subject.at)
    const judged = judgeGuard(stage.rules, subject, readSignals(stage, asked, counts, 0), part.state())
    if (judged === null) return
    part.saw(judged, subject)
    for (const effect of effectsOf(judged, stage, subject)) {
      if (effect.do === 'measure') await part.carryOut(effect.measure, subject)
      else if (effect.do === 'count') await counters.add(effect.hits, subject.at)
    }
  }

  function standingOf({ event }: Subject): Standing {
    const ghost = event !== null && event.request !== null && part.refusedInShadow(event.request)
    return ghost ? { effective: true, shadow: false } : STANDING
  }

  return (event) => {
    // What the guard says and does itself would come back to it: a rule that looks at no kind of event would act again, for ever.
    const isOwn = event.kind.startsWith('guard.') || (event.rule !== null && OWN_MEASURES.has(event.kind))
    // An administrator is no visitor, whatever his name.
    if (!isOwn && event.actor.via !== 'admin') take(subjectOf(event)).catch(onFailure)
  }
}

/** Kinds that tell of a measure of a rule, carried out or refused. */
const OWN_MEASURES: ReadonlySet<string> = new Set(['ban.started', 'credential.disabled'])

/** An event as a condition sees it. */
export function subjectOf({ kind, at, request, address, actor, target, reason }: AuditEvent): Subject {
  const instant = Date.parse(at)
  // Of a login the account is the target: nobody is signed in yet.
  const account = kind.startsWith('login.') || kind.startsWith('password.') ? target : actor.account
  const event: GuardEvent = { type: kind, at: instant, request, address, account, reason }
  return { phase: 'event', at: instant, head: null, route: NOWHERE, visitor: null, answer: null, event }
}

const NOWHERE = { id: 'none', kind: 'none', api: null } as const
