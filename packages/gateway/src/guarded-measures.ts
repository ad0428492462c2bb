import { checked, late, nonsense } from './checked.ts'
import type { Within } from './lib/deadline.ts'
import type { BansPart, DecoysPart, TrapsPart } from './measure-parts.ts'
import { isAnswer } from './sound.ts'

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
  const sure = <T>(value: unknown, holds: (value: unknown) => value is T): T => {
    if (holds(value)) return value
    throw nonsense('the traps', 'internal')
  }
  return {
    presents: (head, mark) => sure(traps.presents(head, mark), (value) => typeof value === 'boolean'),
    canariesIn: (head) => sure(traps.canariesIn(head), areTexts),
    inBody: (text, mark) => sure(traps.inBody(text, mark), areTexts),
  }
}

function areTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}
