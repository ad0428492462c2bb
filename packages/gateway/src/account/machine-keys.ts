import { hash, timingSafeEqual } from 'node:crypto'
import { parseRange } from '../decide/ip.ts'
import type { Instant } from '../decide/head.ts'
import { KEY_PREFIX, type KeyScope, type MachineKey } from '../decide/machine-key.ts'
import { parsePattern } from '../decide/route.ts'
import type { Random } from '../lib/random.ts'
import type { MachineKeysPart } from '../parts.ts'
import { ask } from '../store/ask.ts'
import type { MachineKeyRow, MachineKeyStore } from '../store/store.ts'

/** What the owner says of a new key; the texts are as in MachineKeyRow, and checked by whoever asks for it. */
export type NewKey = Pick<MachineKeyRow, 'name' | 'scopes' | 'roles' | 'from' | 'max' | 'perMs' | 'expiresAt'>

export interface MachineKeys extends MachineKeysPart {
  /** The only time that the key itself is seen. Null when the name is taken. */
  add(wanted: NewKey, at: Instant): Promise<{ readonly row: MachineKeyRow; readonly key: string } | null>
}

/** Keys for programs: the only user of the store's. Kept as SHA-256, since 256 random bits cannot be guessed, whatever the hash costs. */
export function createMachineKeys({ store, random }: { readonly store: MachineKeyStore; readonly random: Random }): MachineKeys {
  return {
    async add(wanted, at) {
      const id = random(6).toString('hex')
      const secret = random(32).toString('base64url')
      const row = { ...wanted, id, digest: digestOf(secret), createdAt: at, revokedAt: null, lastUsedAt: null, lastAddress: null }
      return (await ask(() => store.insert(row))) ? { row, key: `${KEY_PREFIX}${id}_${secret}` } : null
    },
    async claim(id, secret) {
      const row = await ask(() => store.find(id))
      if (row === null || row.id !== id) return null
      const [shown, kept] = [Buffer.from(digestOf(secret)), Buffer.from(row.digest)]
      return shown.length === kept.length && timingSafeEqual(shown, kept) ? keyOf(row) : null
    },
    noteUse: (id, at, address) => ask(() => store.noteUse(id, at, address)),
  }
}

function digestOf(secret: string): string {
  return hash('sha256', secret, 'base64url')
}

function keyOf(row: MachineKeyRow): MachineKey {
  const { id, name, roles, max, perMs, expiresAt, revokedAt, lastUsedAt } = row
  const from = row.from.map((text) => parseRange(text))
  return {
    id,
    name,
    scopes: row.scopes.flatMap((text) => parseScope(text) ?? []),
    roles,
    limit: { max, perMs, burst: max },
    // A range that cannot be read must not become "from anywhere".
    from: from.some((range) => range === null) ? [NOWHERE] : from.filter((range) => range !== null),
    expiresAt,
    revokedAt,
    lastUsedAt,
  }
}

/** `::/128`, which nobody calls from. */
const NOWHERE = { address: new Uint8Array(16), bits: 128 }

/** Reads `shop: GET /products/**`. Null when it is no such line. */
export function parseScope(text: string): KeyScope | null {
  const [, api, method, path] = /^([^:\s]+):\s*(\S+)\s+(\S+)$/.exec(text.trim()) ?? []
  const pattern = path === undefined ? null : parsePattern(path)
  return api === undefined || method === undefined || pattern === null ? null : { api, method, pattern }
}
