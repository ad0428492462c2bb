import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Stores } from '../store.ts'
import { openSqlite } from './open.ts'
import { isStoreInUse, LEFT_OUT, SNAPSHOT_FILES, snapshotStore } from './snapshot.ts'

let root = ''
let stores: Stores
const source = (): string => join(root, 'data')
const copy = (): string => join(root, 'copy')
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cloakroom-snapshot-'))
  stores = openSqlite(source())
  mkdirSync(copy())
})
afterEach(async () => {
  await stores.close()
  rmSync(root, { recursive: true })
})

function tablesOf(path: string): Readonly<Record<string, readonly unknown[]>> {
  const db = new DatabaseSync(path)
  const names = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'").all()
  const tables = Object.fromEntries(names.map(({ name }) => [String(name), db.prepare(`SELECT * FROM "${String(name)}"`).all()]))
  db.close()
  return tables
}

/** A row in every table, whatever its columns are. */
function fill(path: string): void {
  const db = new DatabaseSync(path)
  for (const name of Object.keys(tablesOf(path))) {
    const columns = db.prepare(`PRAGMA table_info("${name}")`).all()
    const values = columns.map(({ type, name: column }) =>
      column === 'only' ? 1 : type === 'BLOB' ? Buffer.from('b') : type === 'TEXT' ? 't' : 7,
    )
    db.prepare(`INSERT OR REPLACE INTO "${name}" VALUES (${values.map(() => '?').join(', ')})`).run(...values)
  }
  db.close()
}

test('every table is copied row by row, beside an open store; sessions and tokens are not', () => {
  for (const name of SNAPSHOT_FILES) fill(join(source(), name))
  snapshotStore(source(), copy())
  const left: string[] = []
  for (const name of SNAPSHOT_FILES) {
    const [was, is] = [tablesOf(join(source(), name)), tablesOf(join(copy(), name))]
    expect(Object.keys(is)).toEqual(Object.keys(was))
    for (const [table, rows] of Object.entries(was)) {
      expect(rows.length, table).toBe(1)
      if (!LEFT_OUT.has(table)) expect(is[table], table).toEqual(rows)
      else if (is[table]?.length === 0) left.push(table)
    }
  }
  expect(left.sort()).toEqual(['minted', 'provider_grant', 'reset', 'session'])
})

test('a store counts as in use while anybody has it open, idle or not, and not afterwards', async () => {
  expect(isStoreInUse(source())).toBe(true)
  await stores.close()
  expect(isStoreInUse(source())).toBe(false)
  expect(isStoreInUse(join(root, 'nowhere'))).toBe(false)
  // Asking has harmed nothing.
  stores = openSqlite(source())
  expect(await stores.accounts.list()).toEqual([])
  expect(isStoreInUse(source())).toBe(true)
})
