import type { Answer } from './answer.ts'
import { checked, late, nonsense } from './checked.ts'
import type { GuardState } from './decide/guard.ts'
import type { Within } from './lib/deadline.ts'
import type { BansPart, ChallengesPart, DecoysPart, TarpitPart, TrapsPart } from './measure-parts.ts'
import type { DecisionsPart, GuardPart, ObserverPart } from './parts.ts'
import { areClearances, isAnswer, isChallenge } from './sound.ts'

/* The parts behind the guard's answers, as guarded-parts.ts has the others: in time and with what their types say, or GateError. */

export function guardBans(bans: BansPart, within: Within, partMs: () => number): BansPart {
  const what = 'bans'
  const silent = () => late(what, 'store_unavailable')
  return {
    find: (client, visitor, route, at) => checked(within(partMs(), bans.find(client, visitor, route, at), silent), isBanOrNull, what),
  }
}

function isBanOrNull(value: unknown): boolean {
  return value === null || (typeof value === 'object' && 'endsAt' in value && Number.isFinite(value.endsAt))
}

/** It takes as long as an API would, and no longer. */
const DECOY_MS = 10_000

export function guardDecoys(decoys: DecoysPart, within: Within): DecoysPart {
  const what = 'the decoys'
  return {
    serve: (head, wish) =>
      checked(
        within(DECOY_MS, decoys.serve(head, wish), () => late(what, 'internal')),
        isServedOrNull,
        what,
        'internal',
      ),
  }
}

function isServedOrNull(value: unknown): boolean {
  return value === null || (typeof value === 'object' && 'answer' in value && isAnswer(value.answer) && 'tag' in value)
}

export function guardTraps(traps: TrapsPart): TrapsPart {
  const what = 'the traps'
  return {
    presents: (head, mark) => sure(traps.presents(head, mark), (value) => typeof value === 'boolean', what),
    canariesIn: (head) => sure(traps.canariesIn(head), areTexts, what),
    inBody: (text, mark) => sure(traps.inBody(text, mark), areTexts, what),
  }
}

export function guardChallenges(challenges: ChallengesPart, within: Within, partMs: () => number): ChallengesPart {
  const what = 'the challenges'
  const silent = () => late(what, 'store_unavailable')
  return {
    ...challenges,
    // Whatever it says is cleared is let through.
    cleared: (head) => sure(challenges.cleared(head), areClearances, what),
    make: async (head, route, difficulty, clearAt) =>
      await checked(within(partMs(), challenges.make(head, route, difficulty, clearAt), silent), isChallenge, what, 'internal'),
  }
}

/** It slows a refusal down; it cannot take it back. */
export function guardTarpit(tarpit: TarpitPart): TarpitPart {
  return {
    slow: (refusal, ms) =>
      sure(
        tarpit.slow(refusal, ms),
        (value): value is Answer | null => value === null || (isAnswer(value) && value.status === refusal.status),
        'the tarpit',
      ),
  }
}

/** A request may be held for ten seconds, and then its session be ended in a slow store. */
const MEASURE_MS = 30_000

export function guardGuard(guard: GuardPart, within: Within): GuardPart {
  const what = 'the guard'
  return {
    ...guard,
    // A state that is none would be one in which no rule is in force.
    state: () => sure(guard.state(), isState, what),
    carryOut: (measure, subject) => within(MEASURE_MS, guard.carryOut(measure, subject), () => late(what, 'store_unavailable')),
  }
}

function isState(value: unknown): value is GuardState {
  return (
    typeof value === 'object' &&
    value !== null &&
    'armed' in value &&
    typeof value.armed === 'boolean' &&
    'demoted' in value &&
    value.demoted instanceof Set
  )
}

/** What is written down afterwards changes no answer; that it was not is the operator's to know. */
export function guardDecisions(decisions: DecisionsPart, observer: ObserverPart): DecisionsPart {
  return {
    note(concluded) {
      try {
        decisions.note(concluded)
      } catch (cause) {
        observer.failure(concluded.head, cause)
      }
    },
  }
}

/** For what is here at once or not at all. */
function sure<T>(value: unknown, holds: (value: unknown) => value is T, what: string): T {
  if (holds(value)) return value
  throw nonsense(what, 'internal')
}

function areTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}
