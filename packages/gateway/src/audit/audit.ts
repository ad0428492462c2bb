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
import { createLane, type LaneFigures } from './lane.ts'

export type AuditSink = 'store' | 'file'

export interface AuditTrailOptions {
  readonly store: Pick<AuditStore, 'append'>
  /** Path of the JSON lines. */
  readonly file: string
  readonly clock: Clock
  readonly random: Random
  readonly later: Later
  /** Events that may wait for each sink. */
  readonly limit?: number
  /** Sees every event once, when it is handed over: for the figures. */
  readonly onEvent?: (event: AuditEvent) => void
  /** A sink failed; its events are tried again. */
  readonly onFailure?: (sink: AuditSink, cause: unknown) => void
}

/** The audit trail: every event goes to the store and to a file of JSON lines, each in order, neither waiting for the other. */
export interface AuditTrail extends AuditPart {
  figures(): Readonly<Record<AuditSink, LaneFigures>>
  /** From now on the chain is signed for; before, only what a process without the vault may write is taken without suspicion. */
  signWith(key: ChainKey): void
  /** For SIGHUP: the file was rotated. */
  reopen(): void
  /** Writes what waits. The store must still be open. */
  close(): Promise<void>
}

/** About 10 MB of events at most: minutes of a broken store under a flood of refusals. */
const LIMIT = 10_000

export function openAuditTrail(options: AuditTrailOptions): AuditTrail {
  const { store, clock, random, later, limit = LIMIT, onEvent, onFailure } = options
  const file = openAuditFile(options.file)
  const lane = (sink: AuditSink, write: (events: readonly AuditEvent[]) => void | Promise<void>) =>
    createLane({
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
    }
  }
  const lanes = { store: lane('store', write), file: lane('file', (events) => file.append(events)) }

  return {
    note(event) {
      onEvent?.(event)
      lanes.store.push(event)
      lanes.file.push(event)
    },
    async commit(event) {
      onEvent?.(event)
      // The store is the sink that survives a power cut; a file that cannot be written holds nobody up.
      const filed = lanes.file.commit(event).catch(() => undefined)
      try {
        await lanes.store.commit(event)
        await filed
      } catch (cause) {
        throw new GateError('store_unavailable', 'the audit trail could not be written', { cause })
      }
    },
    figures: () => ({ store: lanes.store.figures(), file: lanes.file.figures() }),
    signWith(key) {
      seal = chainSeal(key, clock)
    },
    reopen: () => file.reopen(),
    async close() {
      await Promise.all([lanes.store.close(), lanes.file.close()])
      await file.close()
    },
  }
}
