import { serializeDictionary } from 'structured-headers'
import { sameBytes } from '../encoding.ts'
import { readDictionary } from '../message/structured.ts'
import { failed, fine, type Outcome } from '../outcome.ts'

/** The active algorithms of the registry that RFC 9530 §7.2 set up. */
export type DigestAlgorithm = 'sha-256' | 'sha-512'

export type DigestProblem = 'malformed' | 'missing_digest' | 'weak_digest' | 'digest_mismatch'

const HASHES: Readonly<Record<DigestAlgorithm, string>> = { 'sha-256': 'SHA-256', 'sha-512': 'SHA-512' }
// Deprecated in the registry (RFC 9530 §5): collisions are within reach, so even next to a good digest they are refused.
const OBSOLETE: readonly string[] = ['md5', 'sha', 'unixsum', 'unixcksum', 'adler', 'crc32c']

/** A `Content-Digest` value (RFC 9530 §2) over the bytes as sent: after content coding, before transfer coding. */
export async function contentDigest(content: Uint8Array, algorithm: DigestAlgorithm = 'sha-256'): Promise<string> {
  return serializeDictionary({ [algorithm]: await hash(content, algorithm) })
}

/** Computes every active digest again and compares. Unknown algorithms are ignored, but one active digest has to be there. */
export async function checkContentDigest(field: string, content: Uint8Array): Promise<Outcome<null, DigestProblem>> {
  const members = readDictionary(field)
  if (!members.ok) return members
  let checked = 0
  for (const [name, [claimed]] of members.value) {
    if (OBSOLETE.includes(name)) return failed('weak_digest', `digest algorithm ${name}`)
    if (!isActive(name)) continue
    if (!(claimed instanceof ArrayBuffer)) return failed('malformed', `${name} is not a byte sequence`)
    const own = new Uint8Array(await hash(content, name))
    if (!sameBytes(new Uint8Array(claimed), own)) return failed('digest_mismatch', `${name} over ${content.length} received bytes`)
    checked += 1
  }
  return checked === 0 ? failed('missing_digest', 'no sha-256 or sha-512 digest') : fine(null)
}

function isActive(name: string): name is DigestAlgorithm {
  return Object.hasOwn(HASHES, name)
}

function hash(content: Uint8Array, algorithm: DigestAlgorithm): Promise<ArrayBuffer> {
  return crypto.subtle.digest(HASHES[algorithm], new Uint8Array(content))
}
