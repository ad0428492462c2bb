import type { AccountId, Claim, Factor, RevokeReason, Session, SessionId } from '../../decide/session.ts'

/** In the order of SESSION_FIELDS. */
export type SessionRow = readonly [
  id: Uint8Array,
  account: AccountId,
  accountGeneration: number,
  accountRoles: string,
  name: string,
  generation: number,
  factors: string,
  createdAt: number,
  authenticatedAt: number,
  seenAt: number,
  address: string,
  agent: string,
  traits: string,
  revokedAt: number | null,
  revokedBecause: string | null,
]

/** Added to the generation of each account. Asked for once in a statement, however many rows it reads. */
export const OF_EVERYONE = '(SELECT generation FROM everyone)'

/** In every transaction that ends something. */
export const RAISE_ENDED = 'UPDATE everyone SET ended = ended + 1'

/** What counts: neither ended by itself nor with its account, nor with everybody. */
export const ALIVE = `revoked_at IS NULL AND generation = account_generation + ${OF_EVERYONE}`

export const SESSION_COLUMNS =
  'id, account, account_generation, account_roles, name, generation, factors, created_at, authenticated_at, seen_at, address, agent, traits, revoked_at, revoked_because'

/** As SESSION_COLUMNS; of the account's generation what it comes to. */
export const SESSION_FIELDS = SESSION_COLUMNS.replace('account_generation', `account_generation + ${OF_EVERYONE}`)

export function idBytes(id: SessionId): Buffer {
  return Buffer.from(id, 'base64url')
}

/**
 * The first 53 bits as the table's integer key: as many as a JavaScript number holds exactly. The whole id is compared as well, so two
 * ids that share them cannot be mixed up; the second is not stored (one insert in 10^10 among a million), and its owner signs in again.
 */
export function shortKey(bytes: Buffer): number {
  return bytes.length === 32 ? bytes.readUIntBE(0, 6) * 32 + (bytes.readUInt8(6) >> 3) : NO_KEY
}

/** What is not a SHA-256 is no session's id. */
const NO_KEY = -1

export function readClaim(id: SessionId, row: SessionRow): Claim {
  return { session: sessionOf(id, row), standing: { generation: row[2], roles: readRoles(row[3]) } }
}

export function readSession(row: SessionRow): Session {
  return sessionOf(Buffer.from(row[0]).toString('base64url'), row)
}

function sessionOf(id: SessionId, row: SessionRow): Session {
  const [, account, , , name, generation, factors, createdAt, authenticatedAt, seenAt, address, agent, traits, revokedAt, because] = row
  const revoked = revokedAt === null ? null : { at: revokedAt, because: because as RevokeReason }
  return {
    id,
    account,
    name,
    generation,
    factors: readFactors(factors),
    createdAt,
    authenticatedAt,
    seenAt,
    address,
    agent,
    traits,
    revoked,
  }
}

const NO_ROLES: readonly string[] = []

export function readRoles(roles: string): readonly string[] {
  return roles === '[]' ? NO_ROLES : (JSON.parse(roles) as readonly string[])
}

/** `password@1763630000000`, several by blanks: half the time of JSON on the way of every request. */
export function writeFactors(factors: readonly Factor[]): string {
  return factors.map(({ kind, at }) => `${kind}@${at}`).join(' ')
}

function readFactors(factors: string): readonly Factor[] {
  if (factors === '') return []
  return factors.split(' ').map((written) => {
    const sign = written.indexOf('@')
    return { kind: written.slice(0, sign) as Factor['kind'], at: Number(written.slice(sign + 1)) }
  })
}
