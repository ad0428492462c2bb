import { counterKey, type Count, type Hit } from './counters.ts'
import { keyOf } from './guard-keys.ts'
import type { Stage } from './guard-plan.ts'
import type { Worlds } from './guard-judge.ts'
import type { Phase, Reading, ReadSignal, Signal, Subject } from './guard.ts'
import { limitOf, windowOf } from './meter.ts'

/** The counters of one stage, named before anything is asked. */
export interface Asked {
  readonly hits: readonly Hit[]
  /** For each signal of the stage its place among the hits, by world; -1 where it has none. */
  readonly places: readonly { readonly effective: number; readonly shadow: number }[]
}

/** Would the visitor have been let through, in each of the worlds? What would have been refused causes nothing further there. */
export interface Standing {
  readonly effective: boolean
  readonly shadow: boolean
}

export const STANDING: Standing = { effective: true, shadow: true }

/** Which counters does the subject touch in this stage? Arrivals are the same in both worlds; what follows from a verdict is not. */
export function askSignals(stage: Stage, subject: Subject, phase: Phase, standing: Standing = STANDING): Asked {
  if (stage.signals.length === 0) return NOTHING
  const hits: Hit[] = []
  // Where no rule reads it, a signal is only counted: one to which nothing happened is not asked for.
  const areRead = stage.rules.length > 0
  const places = stage.signals.map((signal) => {
    const value = signal.on === phase && signal.when?.holds(subject, BLIND) !== false ? amount(signal, subject) : NO_VALUE
    if (!areRead && value.cost === 0) return NOWHERE
    const key = keyOf(signal.key, subject)
    if (key === null) return NOWHERE
    hits.push(hitOf(signal, key, 'real', standing.effective ? value : NO_VALUE))
    const effective = hits.length - 1
    if (!stage.shadow || signal.on === 'request') return { effective, shadow: effective }
    hits.push(hitOf(signal, key, 'shadow', standing.shadow ? value : NO_VALUE))
    return { effective, shadow: effective + 1 }
  })
  return { hits, places }
}

/** The answers to `askSignals` as the conditions read them. `counts` may hold more before `from`. */
export function readSignals(stage: Stage, { places }: Asked, counts: readonly Count[], from: number): Worlds {
  const reader = (world: 'effective' | 'shadow'): ReadSignal => {
    return (name) => {
      const at = stage.signals.findIndex((signal) => signal.name === name)
      const signal = stage.signals[at]
      const place = places[at]?.[world] ?? -1
      const count = place < 0 ? undefined : counts[from + place]
      return signal === undefined || count === undefined ? null : readingOf(signal, count)
    }
  }
  const effective = reader('effective')
  return { effective, shadow: stage.shadow ? reader('shadow') : effective }
}

/** What the rules scored, to be added after the judgement. */
export function scoreHits(stage: Stage, subject: Subject, scores: ReadonlyMap<string, number>, world: 'real' | 'shadow'): readonly Hit[] {
  return stage.signals.flatMap((signal) => {
    const points = scores.get(signal.name)
    const key = points === undefined ? null : keyOf(signal.key, subject)
    return key === null ? [] : [hitOf(signal, key, world, { cost: points ?? 0, mark: null })]
  })
}

interface Amount {
  readonly cost: number
  readonly mark: string | null
}

const NOTHING: Asked = { hits: [], places: [] }
const NOWHERE = { effective: -1, shadow: -1 } as const
const NO_VALUE: Amount = { cost: 0, mark: null }
const ONE: Amount = { cost: 1, mark: null }
/** A signal does not depend on signals; the loader sees to it. */
const BLIND: ReadSignal = () => null
/** No value that is counted once needs more to be told from others. */
const LONGEST_MARK = 512

function amount({ of, meter }: Signal, subject: Subject): Amount {
  if (of === null) return ONE
  const value = of(subject)
  if (meter.kind === 'sum') return { cost: typeof value === 'number' && value > 0 ? value : 0, mark: null }
  // A value that is not known is one of its own: it must not hide among the others.
  return {
    cost: 1,
    mark: value === null ? `${subject.head?.id ?? subject.event?.request ?? subject.at}` : String(value).slice(0, LONGEST_MARK),
  }
}

function hitOf(signal: Signal, key: string, world: 'real' | 'shadow', { cost, mark }: Amount): Hit {
  return {
    key: counterKey(world, signal.name, key),
    limit: NO_LIMIT,
    keepMs: windowOf(signal.meter),
    signal: { meter: signal.meter, cost, owed: 0, mark, group: `${world} ${signal.name}`, maxKeys: signal.maxKeys },
  }
}

const NO_LIMIT = { max: 1, perMs: 1, burst: 1 }

function readingOf({ meter }: Signal, { over, count = 0, retryAfterMs }: Count): Reading {
  return { over, count, limit: limitOf(meter), windowMs: windowOf(meter), retryAfterMs }
}
