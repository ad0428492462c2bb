import type { SQLOutputValue } from 'node:sqlite'
import type { AuditEvent } from '@cloakroom/contract'
import type { ChainCut, ChainEntry } from '../audit-chain.ts'

export const COLUMNS = 'seq, event, salt, digest, hash, amended'

type Row = Record<string, SQLOutputValue>

/** An event that somebody made unreadable is an empty one: its digest does not fit, and `audit verify` says so. */
export function readEntry({ seq, event, salt, digest, hash, amended }: Row): ChainEntry {
  return {
    seq: Number(seq),
    event: parsed(String(event)),
    salt: textOrNull(salt),
    digest: String(digest),
    hash: String(hash),
    amended: textOrNull(amended),
  }
}

export function readCut({ seq, hash, from_seq: fromSeq, from_hash: fromHash, at, signature }: Row): ChainCut {
  return {
    seq: Number(seq),
    hash: String(hash),
    from: { seq: Number(fromSeq), hash: String(fromHash) },
    at: Number(at),
    signature: String(signature),
  }
}

function parsed(text: string): AuditEvent {
  try {
    return JSON.parse(text) as AuditEvent
  } catch {
    return {} as AuditEvent
  }
}

function textOrNull(value: SQLOutputValue | undefined): string | null {
  return typeof value === 'string' ? value : null
}
