import type { Instant } from '../decide/head.ts'
import type { Awaitable } from '../lib/awaitable.ts'
import { digestOf, type ChainEntry, type ChainSigner } from '../store/audit-chain.ts'
import type { AuditAge, AuditStore } from '../store/store.ts'
import { type AuditCategory, KINDS_OF, type Retention } from './retention.ts'

export interface PruneOptions {
  readonly store: Pick<AuditStore, 'findOld' | 'cut' | 'count'>
  readonly signer: ChainSigner
  readonly retention: Retention
  /** Entries at most; beyond it the oldest refusals go before their time. */
  readonly most: number
  readonly at: Instant
  /** Lets others have their turn between two batches. */
  readonly turn: () => Awaitable<void>
  /** How many would go, and nothing does. */
  readonly dryRun?: boolean
}

export type Pruned = Readonly<Record<AuditCategory, number>>

/** Entries in one transaction: it holds the write lock for milliseconds. */
const BATCH = 500

/** Deletes what is older than its category is kept. Whatever was altered stays where it is: deleting it would be taking the evidence away. */
export async function pruneTrail(options: PruneOptions): Promise<Pruned> {
  const { store, retention, most, at } = options
  const listed = Object.values(KINDS_OF).flat()
  const age = (category: AuditCategory): Omit<AuditAge, 'limit'> =>
    category === 'changes'
      ? { olderThan: at - retention.changes, kinds: listed, not: true }
      : { olderThan: at - retention[category], kinds: KINDS_OF[category], not: false }
  const pruned = { refusals: 0, signIns: 0, operation: 0, changes: 0 }
  for (const category of ['refusals', 'signIns', 'operation', 'changes'] as const) {
    pruned[category] = await pruneOld(options, age(category), Infinity)
  }
  const left = (await store.count()) - (options.dryRun === true ? sum(pruned) : 0)
  const excess = left - most
  if (excess > 0) pruned.refusals += await pruneOld(options, { olderThan: at + 1, kinds: KINDS_OF.refusals, not: false }, excess)
  return pruned
}

export function sum(pruned: Pruned): number {
  return Object.values(pruned).reduce((total, count) => total + count, 0)
}

async function pruneOld(options: PruneOptions, age: Omit<AuditAge, 'limit'>, most: number): Promise<number> {
  const { store, signer, turn, dryRun = false } = options
  if (dryRun) return Math.min(most, (await store.findOld({ ...age, limit: MOST_COUNTED })).filter(isAsWritten).length)
  let pruned = 0
  while (pruned < most) {
    const found = await store.findOld({ ...age, limit: Math.min(BATCH, most - pruned) })
    const meant = found.filter(isAsWritten)
    if (meant.length === 0) break
    const cut = await store.cut(
      meant.map(({ seq }) => seq),
      signer,
    )
    pruned += cut
    if (cut === 0 || found.length < BATCH) break
    await turn()
  }
  return pruned
}

const MOST_COUNTED = 1_000_000

function isAsWritten({ salt, event, digest, amended }: ChainEntry): boolean {
  return amended !== null || (salt !== null && digestOf(salt, event) === digest)
}
