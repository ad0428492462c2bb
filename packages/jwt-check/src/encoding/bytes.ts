/** Small operations on byte arrays, for places where neither Node's Buffer nor newer built-ins may be assumed. */
export type Bytes = Uint8Array<ArrayBuffer>

const encoder = new TextEncoder()

/** UTF-8 bytes of a text. */
export function utf8(text: string): Bytes {
  return new Uint8Array(encoder.encode(text))
}

/** All parts in one new array. */
export function concat(...parts: readonly Uint8Array[]): Bytes {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** Equality of public values; not for secrets, since it stops at the first difference. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

/** True when every byte is zero; an empty array counts as zero. */
export function allZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0)
}

/** Unsigned big-endian integer. */
export function toBigInt(bytes: Uint8Array): bigint {
  let hex = ''
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0')
  return hex === '' ? 0n : BigInt(`0x${hex}`)
}

/** A number as big-endian bytes of a fixed width (RFC 7518 §4.6.2 and §5.2.2.1 need 4 and 8). */
export function bigEndian(value: number, width: number): Bytes {
  const out = new Uint8Array(width)
  for (let i = width - 1, rest = value; i >= 0; i--, rest = Math.floor(rest / 256)) out[i] = rest % 256
  return out
}
