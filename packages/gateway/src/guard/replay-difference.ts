import type { AuditEvent } from '@cloakroom/contract'
import type { DecisionRecord } from '../decide/decision-record.ts'
import type { Mode } from '../decide/guard.ts'
import { personOf } from './recorded.ts'
import type { Replay, Replayed } from './replay.ts'

/** Something that would happen to visitors with the other rules, or would not happen any more. */
export interface Change {
  readonly action: NonNullable<Replayed['action']>
  readonly rule: string | null
  readonly instead: 'would' | 'would no longer'
  readonly requests: number
  readonly visitors: number
  readonly signedIn: number
  /** Requests to look up with `explain`. */
  readonly examples: readonly string[]
}

/** What one rule did to the recorded requests, or would have done if it were enforced. */
export interface RuleTally {
  readonly rule: string
  readonly mode: Mode['kind']
  readonly requests: number
  readonly visitors: number
  readonly signedIn: number
}

export interface Difference {
  readonly requests: number
  readonly visitors: number
  readonly signedIn: number
  readonly changes: readonly Change[]
  readonly rules: readonly RuleTally[]
}

/** One moment of what was recorded. */
export type Moment = { readonly at: number; readonly record: DecisionRecord } | { readonly at: number; readonly event: AuditEvent }

const MOST_EXAMPLES = 3

/** Gives the same moments to the rules in force and to others. `before` null: only what `after` does is counted. */
export async function differenceOf(moments: AsyncIterable<Moment>, before: Replay | null, after: Replay): Promise<Difference> {
  const everybody = createCrowd()
  const changes = new Map<string, Crowd & Pick<Change, 'action' | 'rule' | 'instead'>>()
  const rules = new Map<string, Crowd & { readonly mode: Mode['kind'] }>()

  function note(instead: Change['instead'], { action, rule }: Replayed, record: DecisionRecord): void {
    if (action === null) return
    const key = JSON.stringify([instead, action, rule])
    let found = changes.get(key)
    if (found === undefined) changes.set(key, (found = { ...createCrowd(), action, rule, instead }))
    found.add(record)
  }

  for await (const moment of moments) {
    if ('event' in moment) {
      await before?.event(moment.event)
      await after.event(moment.event)
      continue
    }
    const { record } = moment
    everybody.add(record)
    const was: Replayed = (await before?.request(record)) ?? NOTHING
    const now = await after.request(record)
    if (was.action !== now.action) {
      note('would', now, record)
      if (now.action === null) note('would no longer', was, record)
    }
    for (const { rule, mode, would, did } of now.judged?.evidence ?? []) {
      if (would.length + did.length === 0) continue
      let found = rules.get(rule)
      if (found === undefined) rules.set(rule, (found = { ...createCrowd(), mode }))
      found.add(record)
    }
  }
  return {
    ...everybody.count(),
    changes: [...changes.values()]
      .map(({ action, rule, instead, count, examples }) => ({ action, rule, instead, ...count(), examples }))
      .toSorted((one, other) => other.requests - one.requests),
    rules: [...rules].map(([rule, { mode, count }]) => ({ rule, mode, ...count() })),
  }
}

const NOTHING: Replayed = { action: null, rule: null, judged: null }

interface Crowd {
  readonly examples: string[]
  readonly add: (record: DecisionRecord) => void
  readonly count: () => { readonly requests: number; readonly visitors: number; readonly signedIn: number }
}

function createCrowd(): Crowd {
  let requests = 0
  const visitors = new Set<string>()
  const signedIn = new Set<string>()
  const examples: string[] = []
  return {
    examples,
    add(record) {
      const person = personOf(record)
      requests += 1
      if (examples.length < MOST_EXAMPLES) examples.push(record.request)
      visitors.add(person)
      if (record.who.kind === 'known') signedIn.add(person)
    },
    count: () => ({ requests, visitors: visitors.size, signedIn: signedIn.size }),
  }
}
