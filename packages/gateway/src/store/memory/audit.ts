import {
  CHAIN_START,
  type ChainCut,
  type ChainEntry,
  type ChainHead,
  continueChain,
  MOST_UNSIGNED,
  runsOf,
  signCut,
  type SignedHead,
} from '../audit-chain.ts'
import type { AuditStore } from '../store.ts'

/** AuditStore in plain arrays. */
export function memoryAudit(): AuditStore {
  let entries: readonly ChainEntry[] = []
  let heads: readonly SignedHead[] = []
  let cuts: readonly ChainCut[] = []

  function headAt(seq: number): ChainHead | undefined {
    const last = seq === 0 ? CHAIN_START : (entries.find((entry) => entry.seq === seq) ?? cuts.find((cut) => cut.seq === seq))
    return last === undefined ? undefined : { seq: last.seq, hash: last.hash }
  }

  return {
    append(events, pen) {
      if (events.length === 0) return null
      const signed = heads.at(-1) ?? null
      const last = headAt(entries.at(-1)?.seq ?? 0) ?? CHAIN_START
      const unsigned = entries.filter(({ seq }) => seq > (signed?.seq ?? 0)).slice(0, MOST_UNSIGNED)
      const addition = continueChain({ last, signed, unsigned: unsigned.map(({ event }) => event.kind) }, events, pen)
      entries = [...entries, ...addition.entries]
      if (addition.signed !== null) heads = [...heads.filter(({ seq }) => seq !== addition.superfluous), addition.signed]
      return addition.signed
    },
    read({ limit, kind, account, request, before }) {
      return entries
        .map(({ seq, event }) => ({ ...event, seq }))
        .filter((event) => (kind ?? event.kind) === event.kind)
        .filter((event) => account === undefined || event.actor.account === account)
        .filter((event) => request === undefined || event.request === request)
        .filter(({ seq }) => before === undefined || seq < before)
        .toReversed()
        .slice(0, limit)
    },
    chain: (after, limit) => entries.filter(({ seq }) => seq > after).slice(0, limit),
    signatures: () => ({ heads, cuts }),
    findOld({ olderThan, kinds, not, limit }) {
      return entries
        .slice(0, -1)
        .filter(({ event }) => Date.parse(event.at) < olderThan && kinds.includes(event.kind) !== not)
        .toSorted((one, other) => Date.parse(one.event.at) - Date.parse(other.event.at) || one.seq - other.seq)
        .slice(0, limit)
    },
    count: () => entries.length,
    amend(amended) {
      const meant = new Map(amended.map((entry) => [entry.seq, entry]))
      let count = 0
      entries = entries.map((entry) => {
        const next = meant.get(entry.seq)
        if (next?.digest !== entry.digest) return entry
        count += 1
        return { ...entry, event: next.event, salt: null, amended: next.amended }
      })
      return count
    },
    cut(seqs, signer) {
      const before = entries.length
      for (const run of runsOf(seqs, entries.at(-1)?.seq ?? 0)) {
        const first = headAt(run.from - 1)
        const last = headAt(run.to)
        if (first === undefined || last === undefined) continue
        const left = cuts.find(({ seq }) => seq === first.seq)
        const right = cuts.find(({ from }) => from.seq === last.seq)
        const cut = signCut(left?.from ?? first, right ?? last, signer)
        cuts = [...cuts.filter((one) => one !== left && one !== right), cut].toSorted((one, other) => one.seq - other.seq)
        entries = entries.filter(({ seq }) => seq < run.from || seq > run.to)
        heads = heads.filter(({ seq }) => seq < run.from || seq >= cut.seq)
      }
      return before - entries.length
    },
  }
}
