import { formatPlacement, parsePlacement, type Placement } from '../decide/credential.ts'
import { isPlaced, readKind, type CredentialKind } from './kind.ts'

/** What a credential's sealed text holds: the value, what it is, and where it may go. A changed database or configuration cannot send it elsewhere. */
export interface CredentialRecord {
  readonly kind: CredentialKind
  /** Null for what never goes on a request itself. */
  readonly placement: Placement | null
  readonly origins: readonly string[]
  /** Bytes, the caller's to zero. */
  readonly value: Uint8Array
}

/** Length of the head (4 bytes, big-endian), head as JSON, value. The value is never part of a JavaScript string: those cannot be wiped. */
export function encodeRecord({ kind, placement, origins, value }: CredentialRecord): Buffer {
  const head = Buffer.from(JSON.stringify({ kind, placement: placement === null ? null : formatPlacement(placement), origins }))
  const whole = Buffer.alloc(LENGTH + head.length + value.length)
  whole.writeUInt32BE(head.length)
  head.copy(whole, LENGTH)
  whole.set(value, LENGTH + head.length)
  return whole
}

/** The value is a copy. Null when the bytes are no record, which after a successful unsealing only our own mistake can cause. */
export function decodeRecord(plaintext: Buffer): CredentialRecord | null {
  if (plaintext.length < LENGTH) return null
  const end = LENGTH + plaintext.readUInt32BE()
  if (end > plaintext.length) return null
  const head: unknown = JSON.parse(plaintext.toString('utf8', LENGTH, end))
  if (typeof head !== 'object' || head === null || !('kind' in head) || !('placement' in head) || !('origins' in head)) return null
  const kind = readKind(head.kind)
  const placement = typeof head.placement === 'string' ? parsePlacement(head.placement) : null
  if (kind === null || isPlaced(kind) !== (placement !== null) || !isTexts(head.origins)) return null
  return { kind, placement, origins: head.origins, value: Uint8Array.from(plaintext.subarray(end)) }
}

const LENGTH = 4

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string')
}
