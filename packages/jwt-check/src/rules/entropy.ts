/** Shannon entropy of the byte frequencies, in bits per byte: 0 for one repeated byte, 8 for perfect noise of great length. */
export function shannonBits(bytes: Uint8Array): number {
  const counts = new Map<number, number>()
  for (const byte of bytes) counts.set(byte, (counts.get(byte) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) bits -= (count / bytes.length) * Math.log2(count / bytes.length)
  return bits
}

/** Bits that an identifier can carry at most, from its length and the kinds of character in it. */
export function identifierBits(text: string): number {
  const distinct = new Set(text).size
  if (distinct <= 1) return 0
  const alphabet =
    (/[0-9]/.test(text) ? 10 : 0) + (/[a-f]/.test(text) ? 6 : 0) + (/[g-z]/.test(text) ? 20 : 0) + (/[A-Z]/.test(text) ? 26 : 0)
  return text.replaceAll(/[^0-9a-zA-Z]/g, '').length * Math.log2(Math.max(alphabet, 2))
}
