import type { AuditEvent } from '@cloakroom/contract'
import type { Awaitable } from '../lib/awaitable.ts'
import { amendmentText, CHAIN_START, type ChainEntry, type ChainHead, cutText, digestOf, headText, linkHash } from '../store/audit-chain.ts'
import type { ChainSignatures } from '../store/store.ts'
import type { ChainVerifier } from './chain-key.ts'
import { isUnsignedKind } from './unsigned-kinds.ts'

/** What is wrong with the first bad entry. */
export type ChainFault =
  /** It was deleted, or cut off the end. */
  | 'missing'
  /** Its event is not the one that was written. */
  | 'altered'
  /** It does not follow from the one before: one of the two was changed, exchanged or put in. */
  | 'out-of-chain'
  /** Something stands in its place that no holder of the vault signed. */
  | 'amendment-forged'
  /** It was deleted when its time was over, and is back. */
  | 'returned'
  /** It is not what was signed: everything since the signature before it is in doubt. */
  | 'not-as-signed'
  /** Nobody signed for it. */
  | 'unsigned'
  /** A running gateway found the trail changed from here on, and said so. */
  | 'found-broken'

export interface ChainReport {
  /** Entries that were read and hold. */
  readonly entries: number
  /** Entries in which a person's name was replaced, with a signature. */
  readonly amended: number
  /** Entries that were deleted when their time was over, with a signature. */
  readonly cut: number
  /** Where the trail ends. Write it down elsewhere: a trail that is rolled back as a whole does not hold it any more. */
  readonly head: ChainHead
  /** Up to here a signature vouches for what holds. */
  readonly vouched: number
  readonly fault: { readonly seq: number; readonly what: ChainFault } | null
}

export interface ChainReading {
  /** Entries behind `after`, oldest first; an empty list at the end. */
  readonly read: (after: number) => Awaitable<readonly ChainEntry[]>
  /** Read after `upTo` was. */
  readonly signatures: ChainSignatures
  readonly key: ChainVerifier
  /** The last entry when the reading began: what a running gateway adds meanwhile has signatures that are not known here. */
  readonly upTo: number
}

/** Walks the chain to its end or to the first entry that does not fit. */
export async function verifyChain({ read, signatures, key, upTo }: ChainReading): Promise<ChainReport> {
  const heads = new Map(signatures.heads.map((head) => [head.seq, head]))
  const cuts = new Map(signatures.cuts.map((cut) => [cut.from.seq, cut]))
  let head: ChainHead = CHAIN_START
  const count = { entries: 0, amended: 0, cut: 0, vouched: 0 }
  let foundBroken: number | null = null
  let unsigned: number | null = null
  const report = (fault: ChainReport['fault']): ChainReport => ({ ...count, head: { seq: head.seq, hash: head.hash }, fault })

  function skipCut(): boolean {
    const cut = cuts.get(head.seq)
    if (cut === undefined || cut.from.hash !== head.hash || !key.holds(cutText(cut), cut.signature)) return false
    count.cut += cut.seq - head.seq
    head = cut
    return true
  }

  function faultOf(entry: ChainEntry): ChainFault | null {
    const { seq, event, salt, digest, hash, amended } = entry
    if (amended === null && (salt === null || digestOf(salt, event) !== digest)) return 'altered'
    if (amended !== null && !key.holds(amendmentText(entry), amended)) return 'amendment-forged'
    if (linkHash(head.hash, seq, digest) !== hash) return 'out-of-chain'
    const signed = heads.get(seq)
    return signed !== undefined && !(signed.hash === hash && key.holds(headText(signed), signed.signature)) ? 'not-as-signed' : null
  }

  let grown = false
  for (let page = await read(0); page.length > 0 && !grown; page = await read(page.at(-1)?.seq ?? 0)) {
    for (const entry of page) {
      grown = entry.seq > upTo
      if (grown) break
      if (entry.seq > head.seq + 1) skipCut()
      if (entry.seq <= head.seq) return report({ seq: entry.seq, what: 'returned' })
      if (entry.seq > head.seq + 1) return report({ seq: head.seq + 1, what: 'missing' })
      const what = faultOf(entry)
      if (what !== null) return report({ seq: entry.seq, what })
      head = entry
      count.entries += 1
      if (entry.amended !== null) count.amended += 1
      if (heads.has(entry.seq)) {
        count.vouched = entry.seq
        unsigned = null
      } else if (!isUnsignedKind(entry.event.kind)) unsigned ??= entry.seq
      if (entry.event.kind === 'audit.broken') foundBroken ??= brokenFrom(entry.event)
    }
  }
  // A cut never reaches the end, so what is signed behind the last entry was there.
  const last = Math.max(0, ...heads.keys())
  if ((last > head.seq && !grown) || head.seq === 0) return report({ seq: head.seq + 1, what: 'missing' })
  if (foundBroken !== null) return report({ seq: foundBroken, what: 'found-broken' })
  return report(unsigned === null ? null : { seq: unsigned, what: 'unsigned' })
}

function brokenFrom({ detail }: AuditEvent): number {
  return Number(detail['from'] ?? 0)
}
