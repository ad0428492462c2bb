import { auditEvent } from './audit/event.ts'
import { watchOwnClock } from './audit/clock-watch.ts'
import { expiryWarnings } from './audit/expiry-warnings.ts'
import { pruneTrail, sum } from './audit/prune.ts'
import type { Retention } from './audit/retention.ts'
import type { AuditPart } from './parts.ts'
import type { Policy } from './decide/policy.ts'
import type { Awaitable } from './lib/awaitable.ts'
import type { Config } from './config/paths.ts'
import type { Clock } from './lib/clock.ts'
import type { Later } from './lib/later.ts'
import type { ChainSigner } from './store/audit-chain.ts'
import { SWEEP_ROWS, type Stores } from './store/store.ts'
import type { PerVerdict } from './store/verdict-stores.ts'
import type { Vault } from './vault/vault.ts'

export interface HousekeepingOptions {
  readonly stores: Stores
  readonly vault: Pick<Vault, 'expiring'>
  readonly audit: AuditPart
  /** Signs for what is deleted from the audit trail. */
  readonly signer: ChainSigner
  readonly keep: () => { readonly retention: Retention; readonly most: number }
  readonly policy: () => Policy
  /** How long decisions are kept, in milliseconds. */
  readonly keepDecisionsMs: () => PerVerdict<number>
  readonly clock: Clock
  /** Of the machine since its start: nobody sets it. */
  readonly steady: Clock
  readonly later: Later
  /** Something failed that will be tried again. */
  readonly onFailure: (cause: unknown) => void
}

const SWEEP_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Forgets what nobody needs any more, once a minute, and says once a day which credentials are about to end. Returns how to stop it. */
export function startHousekeeping(options: HousekeepingOptions): () => void {
  const { stores, vault, audit, policy, keepDecisionsMs, clock, steady, later, onFailure } = options
  const lookAtClock = watchOwnClock({ audit, clock }, steady)
  let callOff = later(run, SWEEP_MS)
  let warnedAt = 0
  let prunedAt = 0
  let stopped = false

  function run(): void {
    round()
      .catch(onFailure)
      .finally(() => {
        if (!stopped) callOff = later(run, SWEEP_MS)
      })
      .catch(onFailure)
  }

  async function round(): Promise<void> {
    lookAtClock()
    const at = clock()
    const { idleMs, absoluteMs } = policy().sessions
    // A day longer than they count, so that a visitor who comes back is told why he is signed out.
    await inBatches(() => stores.sessions.sweep(at - idleMs - DAY_MS, at - absoluteMs - DAY_MS))
    await inBatches(() => stores.grants.sweep(at))
    await inBatches(() => stores.counters.sweep(at))
    await inBatches(() => stores.nonces.sweep(at))
    await inBatches(() => stores.resets.sweep(at))
    await inBatches(() => stores.bans.sweep(at))
    const { refused, passed } = keepDecisionsMs()
    await inBatches(() => stores.decisions.sweep({ refused: at - refused, passed: at - passed }))
    await inBatches(() => stores.denials.sweep(at))
    await inBatches(() => stores.uses.sweep(Math.floor((at - refused) / DAY_MS)))
    if (stopped) return
    if (at - prunedAt >= HOUR_MS) {
      prunedAt = at
      await prune(at)
    }
    if (stopped || at - warnedAt < DAY_MS) return
    warnedAt = at
    for (const event of await expiryWarnings((now, withinMs) => vault.expiring(now, withinMs), stores.machineKeys, at)) audit.note(event)
  }

  async function prune(at: number): Promise<void> {
    const pruned = await pruneTrail({ ...options.keep(), store: stores.audit, signer: options.signer, at, turn })
    if (sum(pruned) > 0) audit.note(auditEvent({ kind: 'audit.pruned', at, detail: pruned }))
  }

  function turn(): Promise<void> {
    return new Promise((resolve) => void later(resolve, 0))
  }

  /** Between two batches the requests that wait have their turn. */
  async function inBatches(sweep: () => Awaitable<number>): Promise<void> {
    if (stopped || (await sweep()) < SWEEP_ROWS) return
    await turn()
    await inBatches(sweep)
  }

  return () => {
    stopped = true
    callOff()
  }
}

/** From the configuration. */
export function decisionAges({ decisions }: Config): PerVerdict<number> {
  return { refused: decisions.keep, passed: decisions.replay.keep }
}
