import type { Bytes } from './bytes.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const values = new Map(Array.from(alphabet, (char, value) => [char, value]))

/** What a lenient reading of base64url had to forgive. `bytes` is undefined when nothing sensible could be read. */
export type Base64urlReading = {
  readonly bytes: Bytes | undefined
  readonly faults: readonly Base64urlFault[]
}

/** `padding`: `=` present. `standard-alphabet`: `+` or `/`. `alphabet`: anything else. `length`: 1 mod 4. `trailing-bits`: unused bits set. */
export type Base64urlFault = 'padding' | 'standard-alphabet' | 'alphabet' | 'length' | 'trailing-bits'

/** Reads base64url as a sloppy decoder would, and says what a strict one (RFC 7515 §2, RFC 4648 §3.5) must refuse. */
export function readBase64url(text: string): Base64urlReading {
  const faults: Base64urlFault[] = []
  let body = text
  if (body.includes('=')) {
    faults.push('padding')
    body = body.replace(/=+$/, '')
  }
  if (/[+/]/.test(body)) {
    faults.push('standard-alphabet')
    body = body.replaceAll('+', '-').replaceAll('/', '_')
  }
  if (/[^A-Za-z0-9_-]/.test(body)) return { bytes: undefined, faults: [...faults, 'alphabet'] }
  if (body.length % 4 === 1) return { bytes: undefined, faults: [...faults, 'length'] }
  const { bytes, leftover } = decode(body)
  // RFC 4648 §3.5: set bits that encode nothing give one value several spellings, and a deny-list of strings misses them.
  if (leftover !== 0) faults.push('trailing-bits')
  return { bytes, faults }
}

/** Base64url without padding (RFC 7515 §2). */
export function base64url(bytes: Uint8Array): string {
  let out = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i
    const chunk = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    out += alphabet.charAt(chunk >> 18) + alphabet.charAt((chunk >> 12) & 63)
    if (left > 1) out += alphabet.charAt((chunk >> 6) & 63)
    if (left > 2) out += alphabet.charAt(chunk & 63)
  }
  return out
}

/** The bytes of a strictly spelled base64url text, or undefined. */
export function fromBase64url(text: string): Bytes | undefined {
  const { bytes, faults } = readBase64url(text)
  return faults.length === 0 ? bytes : undefined
}

function decode(body: string): { readonly bytes: Bytes; readonly leftover: number } {
  const bytes = new Uint8Array(Math.floor((body.length * 6) / 8))
  let bits = 0
  let held = 0
  let at = 0
  for (const char of body) {
    bits = ((bits << 6) | (values.get(char) ?? 0)) & 0xffff
    held += 6
    if (held >= 8) {
      held -= 8
      bytes[at++] = (bits >> held) & 0xff
    }
  }
  return { bytes, leftover: bits & ((1 << held) - 1) }
}
