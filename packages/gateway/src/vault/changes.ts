import type { KeyObject } from 'node:crypto'
import { formatPlacement, parsePlacement, type Placement } from '../decide/credential.ts'
import type { Instant } from '../decide/head.ts'
import type { Random } from '../lib/random.ts'
import type { RecordRow } from '../store/store.ts'
import type { Plan } from './book.ts'
import { fingerprint, lastFour, sealCredential } from './credentials.ts'
import type { Keyring } from './keyring.ts'
import { readCertifiedKey } from '../lib/certified-key.ts'
import { isCertified, PLAIN_SECRET, type CredentialKind } from './kind.ts'
import { digestOf, type LedgerEntry } from './ledger.ts'
import { readOrigins } from './origins.ts'
import { refusal, type NewSecret, type NewVersion, type VaultRefusal } from './outcome.ts'
import type { Snapshot } from './snapshot.ts'
import { readValue } from './value.ts'
import { endOf, stateAt } from './versions.ts'

export interface Sealing {
  readonly keyring: Keyring
  readonly fingerprints: KeyObject
  readonly random: Random
}

type Change = Plan<VaultRefusal>

export function planAdd(snapshot: Snapshot, sealing: Sealing, name: string, secret: NewSecret, at: Instant): Change {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name)) {
    return stop('name_unusable', 'A name has up to 63 letters, digits, dots, dashes and underscores, and begins with a letter or digit.')
  }
  if (snapshot.byName.has(name))
    return stop('name_exists', `There is a credential ${name}. Give it a new value: cloakroom secret rotate ${name} < secret.txt`)
  const origins = readOrigins(secret.origins)
  if (origins === null)
    return stop('origins_unusable', 'Say where it may go as scheme and host, nothing behind: --origin https://api.example.com')
  return planVersion(snapshot, sealing, {
    name,
    version: 1,
    kind: secret.kind ?? PLAIN_SECRET,
    placement: secret.placement,
    origins,
    at,
    times: secret,
    value: secret.value,
    others: [],
  })
}

export function planRotate(snapshot: Snapshot, sealing: Sealing, name: string, next: NewVersion, at: Instant): Change {
  const versions = snapshot.byName.get(name)
  const newest = versions?.at(-1)
  if (versions === undefined || newest === undefined) return unknown(name)
  // A text in the place of a key would be found out by the first request, a key in the place of a text by everybody who reads it.
  if ((newest.kind.is === 'signing-key') !== (next.is === 'signing-key')) return stop('kind_differs', wrongCommand(name, newest.kind))
  const placement = newest.placement === null ? null : parsePlacement(newest.placement)
  if (placement === null && newest.placement !== null)
    return stop('name_unusable', `This version of Cloakroom cannot place ${name} as ${newest.placement}.`)
  const retiresAt = Math.max(at, next.notBefore ?? at) + Math.max(0, next.retireAfterMs)
  const others = versions.map((entry) =>
    entry.revokedAt === null ? { ...entry, retiresAt: Math.min(entry.retiresAt ?? Infinity, retiresAt) } : entry,
  )
  return planVersion(snapshot, sealing, {
    name,
    version: newest.version + 1,
    kind: newest.kind,
    placement,
    origins: newest.origins,
    at,
    times: next,
    value: next.value,
    others,
  })
}

/** The ciphertext is destroyed with it: what is no longer there cannot be brought back by changing a column. */
export function planRevoke(snapshot: Snapshot, name: string, version: number | null, at: Instant): Change {
  const versions = snapshot.byName.get(name)
  if (versions === undefined) return unknown(name)
  const meant = versions.filter((entry) => version === null || entry.version === version)
  if (meant.length === 0) return stop('version_unknown', `${name} has no version ${version ?? ''}. See: cloakroom secret list`)
  const after = versions.map((entry) => (meant.includes(entry) ? { ...entry, revokedAt: entry.revokedAt ?? at, digest: null } : entry))
  const rows = after.map((entry) => rowOf(snapshot, entry, after, entry.digest === null ? '' : sealedOf(snapshot, entry), at))
  return { kind: 'write', rows, entries: replaced(snapshot, name, after) }
}

/** A row for an entry; its columns are for whoever looks at the database. */
export function rowOf(snapshot: Snapshot, entry: LedgerEntry, versions: readonly LedgerEntry[], sealed: string, at: Instant): RecordRow {
  const end = endOf(entry)
  return {
    name: entry.name,
    version: entry.version,
    state: stateAt(entry, versions, at),
    sealed,
    fingerprint: entry.fingerprint,
    notBefore: entry.notBefore,
    notAfter: end === Infinity ? null : end,
    createdAt: entry.createdAt,
    lastUsedAt: snapshot.row(entry.name, entry.version)?.lastUsedAt ?? null,
  }
}

interface Version {
  readonly name: string
  readonly version: number
  readonly kind: CredentialKind
  readonly placement: Placement | null
  readonly origins: readonly string[]
  readonly at: Instant
  readonly times: { readonly notBefore?: Instant | null; readonly notAfter?: Instant | null }
  readonly value: Uint8Array
  /** The versions before, as they are to be from now on. */
  readonly others: readonly LedgerEntry[]
}

function planVersion(snapshot: Snapshot, { keyring, fingerprints, random }: Sealing, made: Version): Change {
  const { name, version, kind, placement, origins, at } = made
  const certified = isCertified(kind) ? readCertifiedKey(made.value) : null
  const notBefore = laterOf(made.times.notBefore ?? null, certified !== null && certified.from > at ? certified.from : null)
  const notAfter = earlierOf(made.times.notAfter ?? null, certified?.until ?? null)
  if (notAfter !== null && notAfter <= Math.max(at, notBefore ?? at))
    return stop('times_unusable', 'It would end before it begins. Give a later end.')
  const reading = readValue(made.value, kind, placement)
  if (reading.kind === 'refused') return { kind: 'stop', because: reading }
  const print = fingerprint(fingerprints, reading.value)
  const known = made.others.find((entry) => entry.fingerprint === print)
  if (known !== undefined)
    return stop('value_known', `This is the value of version ${known.version}. Have a new one issued, then give that one.`)
  const sealed = sealCredential(keyring, name, version, { kind, placement, origins, value: reading.value }, random)
  const entry: LedgerEntry = {
    name,
    version,
    kind,
    placement: placement === null ? null : formatPlacement(placement),
    origins,
    fingerprint: print,
    lastFour: kind.is === 'secret' ? lastFour(reading.value) : null,
    createdAt: at,
    notBefore,
    notAfter,
    retiresAt: null,
    revokedAt: null,
    digest: digestOf(sealed),
  }
  const after = [...made.others, entry]
  const rows = after.map((each) => rowOf(snapshot, each, after, each === entry ? sealed : sealedOf(snapshot, each), at))
  return { kind: 'write', rows, entries: replaced(snapshot, name, after) }
}

/** A certificate counts from its own beginning to its own end, whatever else is said. */
function laterOf(one: Instant | null, other: Instant | null): Instant | null {
  return one === null || other === null ? (one ?? other) : Math.max(one, other)
}

function earlierOf(one: Instant | null, other: Instant | null): Instant | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other)
}

function sealedOf(snapshot: Snapshot, entry: LedgerEntry): string {
  return snapshot.row(entry.name, entry.version)?.sealed ?? ''
}

function replaced(snapshot: Snapshot, name: string, versions: readonly LedgerEntry[]): readonly LedgerEntry[] {
  return [...snapshot.ledger.entries.filter((entry) => entry.name !== name), ...versions]
}

function wrongCommand(name: string, kind: CredentialKind): string {
  return kind.is === 'signing-key'
    ? `${name} is a key that signs. Have a new one made: cloakroom signing-key rotate ${name}`
    : `${name} is a secret, not a key that signs. Give it a new value: cloakroom secret rotate ${name} < secret.txt`
}

function unknown(name: string): Change {
  return stop('name_unknown', `There is no credential ${name}. See: cloakroom secret list`)
}

function stop(code: VaultRefusal['code'], text: string): Change {
  return { kind: 'stop', because: refusal(code, text) }
}
