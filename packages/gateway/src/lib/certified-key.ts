import { createPrivateKey, X509Certificate } from 'node:crypto'

/** What may be known of a certificate that is sealed together with its private key. */
export interface CertifiedKey {
  /** Of the certificate: another one for another certificate. */
  readonly id: string
  /** Milliseconds since 1970, as is `until`. */
  readonly from: number
  readonly until: number
}

/** Reads one PEM text with a certificate, what leads to its root, and its private key. Null when they are not there, or not of one pair. */
export function readCertifiedKey(pem: Uint8Array): CertifiedKey | null {
  try {
    const bytes = bufferOf(pem)
    const leaf = new X509Certificate(bytes)
    if (!leaf.checkPrivateKey(createPrivateKey(bytes))) return null
    return {
      id: leaf.fingerprint256.replaceAll(':', '').toLowerCase(),
      from: leaf.validFromDate.getTime(),
      until: leaf.validToDate.getTime(),
    }
  } catch {
    return null
  }
}

/** The lines of the private key, for a search: each is a copy, for the caller to overwrite. The certificate is no secret. */
export function privateLines(pem: Uint8Array): readonly Uint8Array[] {
  const bytes = bufferOf(pem)
  const begin = bytes.indexOf('PRIVATE KEY-----')
  const end = bytes.indexOf('-----END', begin)
  if (begin < 0 || end < 0) return []
  const lines: Uint8Array[] = []
  for (let at = bytes.indexOf('\n', begin) + 1; at < end; at = bytes.indexOf('\n', at) + 1) {
    const line = bytes.indexOf('\n', at)
    const stop = bytes[line - 1] === CARRIAGE_RETURN ? line - 1 : line
    if (stop - at >= LEAST_LINE) lines.push(Uint8Array.from(bytes.subarray(at, stop)))
  }
  return lines
}

/** The last line of a key may be a few characters, which stand in any text. */
const LEAST_LINE = 32
const CARRIAGE_RETURN = 0x0d

/** The same bytes, not a copy. */
export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
