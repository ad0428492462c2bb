import type { AuditEvent } from '@cloakroom/contract'
import type { Awaitable } from '../lib/awaitable.ts'
import type { Later } from '../lib/later.ts'

export interface LaneOptions {
  /** Writes a batch, all or nothing, in order. */
  readonly write: (events: readonly AuditEvent[]) => Awaitable<void>
  /** The event that stands for `count` lost ones. */
  readonly lossEvent: (count: number) => AuditEvent
  /** Told at the first loss of an outage, and of each event that stands for lost ones: for the other lanes. */
  readonly onLoss?: (event: AuditEvent) => void
  /** A failed write; the batch stays and is tried again. */
  readonly onFailure: (cause: unknown) => void
  readonly later: Later
  /** Events that may wait. */
  readonly limit: number
}

export interface LaneFigures {
  /** Events that wait. */
  readonly depth: number
  /** Events that found no room, since the start. */
  readonly lost: number
  readonly failures: number
  /** The last write failed; it is tried again. */
  readonly failing: boolean
}

/** One way out of the audit trail: a bounded queue in order, written in batches, tried again when a write fails. */
export interface Lane {
  /** False when there was no room. */
  push(event: AuditEvent): boolean
  /** As `push`, and resolves when the event is written; rejects when the write fails, while the event stays in the queue. */
  commit(event: AuditEvent): Promise<void>
  figures(): LaneFigures
  /** The other side took a batch and threw so many of it away. */
  lose(count: number): void
  /** Writes what waits, once more; what cannot be written is counted as lost. */
  close(): Promise<void>
}

/** An event waits this long at most before it is written: short enough to look at, long enough to batch under load. */
const BATCH_MS = 250
const BATCH_EVENTS = 500
const RETRY_MS = { first: 500, longest: 15_000 }

interface Entry {
  readonly event: AuditEvent
  settle: { readonly resolve: () => void; readonly reject: (cause: unknown) => void } | null
}

export function createLane(options: LaneOptions): Lane {
  const queue: Entry[] = []
  let lost = 0
  let unreported = 0
  let failures = 0
  let inRow = 0
  let callOff: (() => void) | null = null
  let writing: Promise<void> | null = null
  let closed = false

  function enqueue(entry: Entry): boolean {
    if (closed || queue.length >= options.limit) {
      leaveOut(1)
      return false
    }
    queue.push(entry)
    return true
  }

  function leaveOut(count: number): void {
    lost += count
    if (unreported === 0) options.onLoss?.(options.lossEvent(count))
    unreported += count
  }

  /** A gap in the trail is itself a line in it, as soon as there is room and before what comes after the gap. */
  function reportLoss(): void {
    if (unreported === 0 || queue.length >= options.limit) return
    const event = options.lossEvent(unreported)
    queue.push({ event, settle: null })
    if (unreported > 1) options.onLoss?.(event)
    unreported = 0
  }

  function schedule(ms: number): void {
    if (callOff !== null || writing !== null || closed) return
    callOff = options.later(() => {
      callOff = null
      void flush()
    }, ms)
  }

  function flush(): Promise<void> {
    writing ??= drain().finally(() => {
      writing = null
      if (queue.length > 0) schedule(inRow === 0 ? BATCH_MS : Math.min(RETRY_MS.first * 2 ** (inRow - 1), RETRY_MS.longest))
    })
    return writing
  }

  async function drain(): Promise<void> {
    callOff?.()
    callOff = null
    while (queue.length > 0) {
      const batch = queue.slice(0, BATCH_EVENTS)
      try {
        await options.write(batch.map((entry) => entry.event))
      } catch (cause) {
        failures += 1
        inRow += 1
        for (const entry of queue) {
          entry.settle?.reject(cause)
          entry.settle = null
        }
        options.onFailure(cause)
        return
      }
      inRow = 0
      queue.splice(0, batch.length)
      for (const entry of batch) entry.settle?.resolve()
      reportLoss()
    }
  }

  return {
    push(event) {
      reportLoss()
      const taken = enqueue({ event, settle: null })
      schedule(BATCH_MS)
      return taken
    },
    commit(event) {
      reportLoss()
      return new Promise((resolve, reject) => {
        if (!enqueue({ event, settle: { resolve, reject } })) {
          reject(new Error('the audit trail has no room'))
          return
        }
        // One turn later, so that commits of the same moment share one transaction.
        queueMicrotask(() => void flush())
      })
    },
    lose(count) {
      // Not to the other side, which might throw that away, too.
      lost += count
      options.onLoss?.(options.lossEvent(count))
    },
    figures: () => ({ depth: queue.length, lost, failures, failing: inRow > 0 }),
    async close() {
      await writing
      reportLoss()
      await flush()
      closed = true
      callOff?.()
      callOff = null
      if (queue.length > 0) leaveOut(queue.length)
      queue.length = 0
    },
  }
}
