import type { DecisionRecord } from '../../decide/decision-record.ts'
import { SWEEP_ROWS } from '../store.ts'
import type { DecisionStore } from '../verdict-stores.ts'

interface Kept {
  readonly seq: number
  readonly record: DecisionRecord
}

/** DecisionStore in two lists. */
export function memoryDecisions(): DecisionStore {
  const lists = { refused: [] as Kept[], passed: [] as Kept[] }
  let seq = 0
  return {
    append(records, most) {
      for (const record of records) lists[record.verdict].push({ seq: (seq += 1), record })
      for (const verdict of ['refused', 'passed'] as const) lists[verdict].splice(0, Math.max(0, lists[verdict].length - most[verdict]))
    },
    find: (request) =>
      [...lists.refused, ...lists.passed].map(({ record }) => record).findLast((record) => record.request === request) ?? null,
    page(verdict, since, after, limit) {
      const found = lists[verdict].filter(({ seq, record }) => seq > after && record.at >= since).slice(0, limit)
      return { records: found.map(({ record }) => record), last: found.at(-1)?.seq ?? null }
    },
    forget(account) {
      let gone = 0
      for (const verdict of ['refused', 'passed'] as const) {
        const left = lists[verdict].filter(({ record: { who } }) => who.kind !== 'known' || who.account !== account)
        gone += lists[verdict].length - left.length
        lists[verdict] = left
      }
      return gone
    },
    sweep(before) {
      let swept = 0
      for (const verdict of ['refused', 'passed'] as const) {
        const old = lists[verdict].filter(({ record }) => record.at < before[verdict]).slice(0, SWEEP_ROWS - swept)
        lists[verdict] = lists[verdict].filter((kept) => !old.includes(kept))
        swept += old.length
      }
      return swept
    },
  }
}
