import type { AuditEvent } from '@cloakroom/contract'
import { GateError } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'
import type { Later } from '../lib/later.ts'
import type { Random } from '../lib/random.ts'
import type { AuditPart } from '../parts.ts'
import type { AuditStore } from '../store/store.ts'
import { openAuditFile } from './audit-file.ts'
import type { ChainKey } from './chain-key.ts'
import { chainSeal, type RememberingSeal } from './chain-seal.ts'
import { auditEvent } from './event.ts'
import { createLane, type Lane, type LaneFigures } from './lane.ts'
import type { Sink } from './sinks/sink.ts'

/** `store`, `file`, or the name of a sink in the configuration. */
export type AuditSink = string

export type TrailFigures = Readonly<Record<'store' | 'file', LaneFigures>> & Readonly<Record<string, LaneFigures>>

export interface AuditTrailOptions {
  readonly store: Pick<AuditStore, 'append'>
  /** Path of the JSON lines. */
  readonly file: string
  readonly clock: Clock
  readonly random: Random
  readonly later: Later
  /** Events that may wait for each sink. */
  readonly limit?: number
  /** What of an event is written and sent on; `onEvent` sees it whole. */
  readonly asWritten?: (event: AuditEvent) => AuditEvent
  /** Sees every event once, when it is handed over: for the figures. */
  readonly onEvent?: (event: AuditEvent) => void
  /** A sink failed; its events are tried again. */
  readonly onFailure?: (sink: AuditSink, cause: unknown) => void
}

/** The audit trail: every event goes to the store and to a file of JSON lines, each in order, neither waiting for the other. */
export interface AuditTrail extends AuditPart {
  figures(): TrailFigures
  /** Where else the events go from now on, each with a queue of its own: a slow one holds up neither the others nor a request. */
  addSinks(sinks: readonly Sink[]): void
  /** A sink's receiver threw away so many events that it had taken. */
  rejected(sink: AuditSink, count: number): void
  /** From now on the chain is signed for; before, only what a process without the vault may write is taken without suspicion. */
  signWith(key: ChainKey): void
  isSigned(): boolean
  /** For SIGHUP: the file was rotated. */
  reopen(): void
  /** Writes what waits. The store must still be open. */
  close(): Promise<void>
}

/** About 10 MB of events at most: minutes of a broken store under a flood of refusals. */
const LIMIT = 10_000

export function openAuditTrail(options: AuditTrailOptions): AuditTrail {
  const { store, clock, random, later, limit = LIMIT, onEvent, onFailure, asWritten = (event) => event } = options
  const file = openAuditFile(options.file)
  const lane = (sink: AuditSink, write: (events: readonly AuditEvent[]) => void | Promise<void>, onLoss?: (event: AuditEvent) => void) =>
    createLane({
      ...(onLoss === undefined ? {} : { onLoss }),
      write,
      later,
      limit,
      lossEvent: (count) => auditEvent({ kind: 'audit.lost', at: clock(), result: 'failed', reason: 'no-room', detail: { sink, count } }),
      onFailure: (cause) => onFailure?.(sink, cause),
    })
  let seal: RememberingSeal | null = null
  const write = async (events: readonly AuditEvent[]): Promise<void> => {
    const head = await store.append(events, { random, seal })
    for (const said of (head === null ? null : seal?.settled(head)) ?? []) {
      onEvent?.(said)
      lanes.file.push(said)
      send(said)
    }
  }
  const lanes = { store: lane('store', write), file: lane('file', (events) => file.append(events)) }
  // That another system missed something is written down here, where it can be looked up.
  const keep = (event: AuditEvent): void => {
    onEvent?.(event)
    lanes.store.push(event)
    lanes.file.push(event)
  }
  const others = new Map<string, Lane>()
  const open: Sink[] = []
  const send = (event: AuditEvent): void => others.forEach((other) => void other.push(event))

  return {
    note(event) {
      const written = asWritten(event)
      onEvent?.(event)
      lanes.store.push(written)
      lanes.file.push(written)
      send(written)
    },
    async commit(whole) {
      onEvent?.(whole)
      const event = asWritten(whole)
      send(event)
      // The store is the sink that survives a power cut; a file that cannot be written holds nobody up.
      const filed = lanes.file.commit(event).catch(() => undefined)
      try {
        await lanes.store.commit(event)
        await filed
      } catch (cause) {
        throw new GateError('store_unavailable', 'the audit trail could not be written', { cause })
      }
    },
    figures: () => ({
      ...Object.fromEntries([...others].map(([name, other]) => [name, other.figures()])),
      store: lanes.store.figures(),
      file: lanes.file.figures(),
    }),
    addSinks(sinks) {
      for (const sink of sinks)
        others.set(
          sink.name,
          lane(sink.name, (events) => sink.send(events), keep),
        )
      open.push(...sinks)
    },
    rejected: (sink, count) => others.get(sink)?.lose(count),
    isSigned: () => seal !== null,
    signWith(key) {
      seal = chainSeal(key, clock)
    },
    reopen: () => file.reopen(),
    async close() {
      await Promise.all([...others.values()].map((other) => other.close()))
      for (const sink of open) sink.close()
      await Promise.all([lanes.store.close(), lanes.file.close()])
      await file.close()
    },
  }
}
