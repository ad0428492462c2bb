import type { Hit } from '../decide/counters.ts'
import type { Instant } from '../decide/head.ts'
import { ask } from '../store/ask.ts'
import type { CounterStore } from '../store/store.ts'

/**
 * Counts an attempt on one counter after the other and stops at the first that is over: a refused attempt must not fill the higher
 * rungs, or pressing a button twice would cost an hour. Null, or the milliseconds to wait.
 */
export async function countAttempt(counters: Pick<CounterStore, 'add'>, hits: readonly Hit[], at: Instant): Promise<number | null> {
  for (const hit of hits) {
    const [count] = await ask(() => counters.add([hit], at))
    // No answer is no permission.
    if (count === undefined) return hit.limit.perMs
    if (count.over) return count.retryAfterMs
  }
  return null
}

export async function clearAttempts(counters: Pick<CounterStore, 'clear'>, hits: readonly Hit[]): Promise<void> {
  await ask(() => counters.clear(hits.map((hit) => hit.key)))
}
