import { type DecisionRecord, fieldsOf, whoIs } from '../decide/decision-record.ts'
import { bucketOf } from '../decide/guard-judge.ts'
import type { Instant } from '../decide/head.ts'
import { networkOf } from '../decide/ip.ts'
import type { Visitor } from '../decide/session.ts'
import type { Later } from '../lib/later.ts'
import type { Concluded, DecisionsPart } from '../parts.ts'
import type { DecisionStore, PerVerdict } from '../store/verdict-stores.ts'
import { plainText } from './plain-text.ts'

/** What of `decisions` in the configuration counts here. */
export interface DecisionLimits {
  readonly most: PerVerdict<number>
  /** Of a hundred actors, so many have their passed requests kept; always the same ones, so that what they did hangs together. */
  readonly actors: number
}

export interface DecisionOptions {
  readonly store: Pick<DecisionStore, 'append'>
  readonly limits: () => DecisionLimits
  readonly label: (session: string) => string
  readonly later: Later
  /** So many were lost, as far as is known; told once until it works again. */
  readonly onLoss: (count: number) => void
}

export interface Decisions extends DecisionsPart {
  /** Records that found no room, since the start. */
  readonly dropped: number
  close(): Promise<void>
}

const BATCH_MS = 250
/** Some megabytes at most while the store is silent. */
const MOST_WAITING = 2_000
/** Refusals of strangers that no rule asked for: so many at once and a second. Whoever floods the gateway explains nothing with the rest. */
const STRANGERS = { burst: 500, perSecond: 50 }

/** Keeps what was decided: every refusal within bounds, and of passed requests only a chosen share. Nothing waits for it. */
export function createDecisions({ store, limits, label, later, onLoss }: DecisionOptions): Decisions {
  let waiting: DecisionRecord[] = []
  let callOff: (() => void) | null = null
  let writing: Promise<void> | null = null
  let dropped = 0
  let failing = false
  let strangers = { left: STRANGERS.burst, at: 0 }

  function admitStranger(at: Instant): boolean {
    const left = Math.min(STRANGERS.burst, strangers.left + (Math.max(0, at - strangers.at) / 1000) * STRANGERS.perSecond)
    strangers = { left: left < 1 ? left : left - 1, at }
    return left >= 1
  }

  function isKept({ head, visitor, code, rules }: Concluded): boolean {
    // A rule that would have acted is a decision, too.
    if (rules.length > 0) return true
    if (code === null) return bucketOf(actorOf(visitor, head.client)) < limits().actors
    return visitor?.kind === 'known' || admitStranger(head.at)
  }

  function flushLater(): void {
    callOff ??= later(() => {
      callOff = null
      void flush()
    }, BATCH_MS)
  }

  function flush(): Promise<void> {
    writing ??= write().finally(() => {
      writing = null
      if (waiting.length > 0) flushLater()
    })
    return writing
  }

  async function write(): Promise<void> {
    const batch = waiting
    waiting = []
    try {
      await store.append(batch, limits().most)
      failing = false
    } catch {
      dropped += batch.length
      if (!failing) onLoss(batch.length)
      failing = true
    }
  }

  return {
    note(concluded) {
      if (!isKept(concluded)) return
      if (waiting.length >= MOST_WAITING) {
        dropped += 1
        return
      }
      waiting.push(recordOf(concluded, label))
      flushLater()
    },
    get dropped() {
      return dropped
    },
    async close() {
      callOff?.()
      callOff = null
      await writing
      if (waiting.length > 0) await flush()
    },
  }
}

const LONGEST_PATH = 1_024

function recordOf({ head, status, code, route, visitor, steps, rules }: Concluded, label: (session: string) => string): DecisionRecord {
  return {
    request: head.id,
    at: head.at,
    verdict: code === null ? 'passed' : 'refused',
    status,
    code,
    method: head.method,
    path: head.path.slice(0, LONGEST_PATH),
    scheme: head.scheme,
    client: head.client,
    route,
    who: whoIs(visitor, label),
    fields: fieldsOf(head).map(([name, value]) => [name, plainText(value, 256)] as const),
    steps,
    rules,
  }
}

/** By account, else visit, else network, as the rules have it. */
function actorOf(visitor: Visitor | null, client: string): string {
  if (visitor?.kind === 'known') return visitor.session.account
  return visitor?.kind === 'visitor' ? visitor.visit.id : networkOf(client)
}
