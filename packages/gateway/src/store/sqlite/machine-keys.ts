import type { SQLOutputValue } from 'node:sqlite'
import type { MachineKeyRow, MachineKeyStore } from '../store.ts'
import type { Connection } from './connection.ts'

const COLUMNS =
  'id, name, digest, scopes, roles, sources, rate_max, rate_ms, created_at, expires_at, revoked_at, last_used_at, last_address'

/** MachineKeyStore in durable.sqlite. */
export function sqliteMachineKeys({ db, write }: Connection): MachineKeyStore {
  const insert = db.prepare(`INSERT INTO machine_key (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`)
  const select = db.prepare(`SELECT ${COLUMNS} FROM machine_key WHERE id = ?`)
  const selectAll = db.prepare(`SELECT ${COLUMNS} FROM machine_key ORDER BY name, created_at`)
  const end = db.prepare('UPDATE machine_key SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL')
  const use = db.prepare('UPDATE machine_key SET last_used_at = ?1, last_address = ?2 WHERE id = ?3 AND coalesce(last_used_at, 0) < ?1')
  return {
    insert(key) {
      const texts = [key.id, key.name, key.digest, ...[key.scopes, key.roles, key.from].map((list) => JSON.stringify(list))]
      const times = [key.createdAt, key.expiresAt, key.revokedAt, key.lastUsedAt]
      return write(() => Number(insert.run(...texts, key.max, key.perMs, ...times, key.lastAddress).changes) === 1)
    },
    find: (id) => read(select.get(id)),
    revoke: (id, at) => write(() => Number(end.run(at, id).changes) === 1),
    noteUse: (id, at, address) => write(() => void use.run(at, address, id)),
    list: () => selectAll.all().flatMap((row) => read(row) ?? []),
  }
}

function read(row: Record<string, SQLOutputValue> | undefined): MachineKeyRow | null {
  if (row === undefined) return null
  const list = (name: string): readonly string[] => JSON.parse(String(row[name])) as readonly string[]
  return {
    id: String(row['id']),
    name: String(row['name']),
    digest: String(row['digest']),
    scopes: list('scopes'),
    roles: list('roles'),
    from: list('sources'),
    max: Number(row['rate_max']),
    perMs: Number(row['rate_ms']),
    createdAt: Number(row['created_at']),
    expiresAt: row['expires_at'] as number | null,
    revokedAt: row['revoked_at'] as number | null,
    lastUsedAt: row['last_used_at'] as number | null,
    lastAddress: row['last_address'] as string | null,
  }
}
