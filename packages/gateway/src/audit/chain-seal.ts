import type { AuditEvent } from '@cloakroom/contract'
import type { Clock } from '../lib/clock.ts'
import { type ChainEnd, type ChainHead, type ChainSeal, headText, type SignedHead } from '../store/audit-chain.ts'
import type { ChainKey } from './chain-key.ts'
import { auditEvent } from './event.ts'
import { isUnsignedKind } from './unsigned-kinds.ts'

/** A seal that remembers how far it has signed: what somebody deletes from a running gateway's trail, signatures included, leaves a gap. */
export interface RememberingSeal extends ChainSeal {
  /** Signed and in the store. What had to be said first, for the other sinks. */
  settled(head: ChainHead): readonly AuditEvent[]
}

/** What is found wrong at the end of the chain becomes an entry of its own; `audit verify` points at it from then on. */
export function chainSeal(key: ChainKey, clock: Clock): RememberingSeal {
  let known: ChainHead | null = null
  let said: readonly AuditEvent[] = []

  function begin(end: ChainEnd) {
    const begun = judge(end)
    said = begun.first
    return begun
  }

  function judge(end: ChainEnd): { readonly head: ChainHead; readonly first: readonly AuditEvent[] } {
    const { last, signed, unsigned } = end
    const vouched = newest(signed !== null && key.holds(headText(signed), signed.signature) ? signed : null, known)
    const from = (vouched?.seq ?? 0) + 1
    if (signed !== null && vouched?.seq !== signed.seq) return broken(farther(last, vouched), 'signature', from)
    if (last.seq < (vouched?.seq ?? 0)) return broken(farther(last, vouched), 'truncated', last.seq + 1)
    if (last.seq === vouched?.seq) return last.hash === vouched.hash ? { head: last, first: [] } : broken(last, 'altered', last.seq)
    if (last.seq === 0) return { head: last, first: [] }
    if (!unsigned.every(isUnsignedKind)) return broken(last, 'unsigned', from)
    const detail = { from, to: last.seq }
    return { head: last, first: [auditEvent({ kind: 'audit.unsigned', at: clock(), detail })] }
  }

  function broken(head: ChainHead, reason: string, from: number) {
    const event = auditEvent({ kind: 'audit.broken', at: clock(), result: 'failed', reason, detail: { from, to: head.seq } })
    return { head: { seq: head.seq, hash: head.hash }, first: [event] }
  }

  return {
    begin,
    now: clock,
    sign: key.sign,
    settled(head) {
      known = farther(head, known)
      return said
    },
  }
}

function newest(signed: SignedHead | null, known: ChainHead | null): ChainHead | null {
  return signed === null ? known : farther(signed, known)
}

function farther(one: ChainHead, other: ChainHead | null): ChainHead {
  return other !== null && other.seq > one.seq ? other : one
}
