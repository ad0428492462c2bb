import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { GateError } from '../errors.ts'
import type { Awaitable } from '../lib/awaitable.ts'
import type { Clock } from '../lib/clock.ts'
import type { OpenCertificate, VaultPart, VaultVersion } from '../parts.ts'

/** What the gateway shows to an API that asks for a certificate (RFC 8446 §4.3.2). `id` is another one for another pair. */
export interface ClientIdentity {
  readonly id: string
  /** Null for one from files. */
  readonly from: VaultVersion | null
  /** Runs `make` on the pair, which may be gone behind it. Throws GateError `credential_unavailable`. */
  use<T>(make: (pair: CertificatePair) => T): T
}

/** PEM; one text may hold both. */
export interface CertificatePair {
  readonly cert: string | Buffer
  readonly key: string | Buffer
}

/**
 * A certificate and its key from two files, which may be replaced while the gateway runs: new connections show the new pair within seconds.
 * Half-written or unfit files leave the pair before in use; without any, or past its end, GateError `credential_unavailable`.
 */
export function fileIdentity(certFile: string, keyFile: string, clock: Clock): () => ClientIdentity {
  let held: { readonly identity: ClientIdentity; readonly from: number; readonly until: number } | null = null
  let seen = ''
  let lookedAt = -Infinity
  return () => {
    const now = clock()
    if (now - lookedAt >= LOOK_MS || now < lookedAt) {
      lookedAt = now
      const stamp = stampOf(certFile, keyFile)
      if (stamp !== seen) {
        const read = readPair(certFile, keyFile)
        // Read again while it changes: what was seen half-written is not remembered.
        if (read !== null) {
          held = read
          seen = stamp
        }
      }
    }
    if (held === null) throw new GateError('credential_unavailable', `the client certificate ${certFile} and its key cannot be used`)
    if (now >= held.until || now < held.from)
      throw new GateError('credential_unavailable', `the client certificate ${certFile} is not valid now`)
    return held.identity
  }
}

/** A certificate of the vault's, which is asked for every request: a revocation counts from the next one on. */
export function vaultIdentity(vault: Required<VaultPart>, name: string, origin: string, clock: Clock): () => Awaitable<ClientIdentity> {
  return () => {
    const opened = vault.openCertificate(name, origin, clock())
    return opened instanceof Promise ? opened.then((found) => ofVault(found, name, origin)) : ofVault(opened, name, origin)
  }
}

function ofVault(opened: OpenCertificate, name: string, origin: string): ClientIdentity {
  // Compared once more by the one who shows it, as with secrets.
  if (!opened.origins.includes(origin))
    throw new GateError('credential_unavailable', `the client certificate ${name} is not sealed for ${origin}`)
  return {
    id: opened.id,
    from: opened.from,
    use<T>(make: (pair: CertificatePair) => T): T {
      const made = opened.use((pem) => ({ made: make({ cert: pem, key: pem }) }))
      if (made === null) throw new GateError('credential_unavailable', `the client certificate ${name} is not what was sealed`)
      return made.made
    },
  }
}

/** Two calls of the file system, not for every request. */
const LOOK_MS = 2000

function stampOf(...files: readonly string[]): string {
  return files
    .map((file) => {
      const found = statSync(file, { throwIfNoEntry: false })
      return found === undefined ? 'none' : `${found.mtimeMs} ${found.size} ${found.ino}`
    })
    .join(', ')
}

function readPair(certFile: string, keyFile: string): { identity: ClientIdentity; from: number; until: number } | null {
  try {
    const cert = readFileSync(certFile, 'utf8')
    const key = readFileSync(keyFile, 'utf8')
    const leaf = new X509Certificate(cert)
    if (!leaf.checkPrivateKey(createPrivateKey(key))) return null
    const id = createHash('sha256').update(cert).update(key).digest('hex').slice(0, 16)
    return {
      identity: { id, from: null, use: (make) => make({ cert, key }) },
      from: leaf.validFromDate.getTime(),
      until: leaf.validToDate.getTime(),
    }
  } catch {
    return null
  }
}
