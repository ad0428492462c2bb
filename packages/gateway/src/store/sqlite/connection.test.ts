import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AT, sessionOf } from '../../../test/conformance/sessions.ts'
import { GateError } from '../../errors.ts'
import { openConnection, type Connection } from './connection.ts'
import { HOT_SCHEMA } from './hot-schema.ts'
import { sqliteSessions } from './sessions.ts'
import { sqliteNonces } from './nonces.ts'
import { shielded } from './unavailable.ts'

let folder: string
let connection: Connection
const open = (schema = HOT_SCHEMA) => openConnection(folder, 'hot.sqlite', schema, { synchronous: 'NORMAL', cacheKiB: 1_024, mapBytes: 0 })

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cloakroom-connection-'))
  connection = open()
})
afterEach(() => {
  connection.close()
  rmSync(folder, { recursive: true })
})

const codeOf = (work: () => unknown): string => {
  try {
    work()
  } catch (cause) {
    return cause instanceof GateError ? cause.code : String(cause)
  }
  return 'nothing thrown'
}

test('SES-22 busy, full, read-only, damaged or closed: the store says that it is unavailable, and stores nothing by halves', () => {
  const sessions = shielded(sqliteSessions(connection))
  void sessions.insert(sessionOf('one'))

  const other = open()
  connection.db.exec('PRAGMA busy_timeout = 1')
  other.db.exec('BEGIN IMMEDIATE')
  expect(codeOf(() => sessions.revoke(sessionOf('one').id, AT, 'logout'))).toBe('store_unavailable')
  other.db.exec('ROLLBACK')
  other.close()

  connection.db.exec('PRAGMA query_only = ON')
  expect(codeOf(() => sessions.insert(sessionOf('two')))).toBe('store_unavailable')
  connection.db.exec('PRAGMA query_only = OFF; PRAGMA max_page_count = 1')
  expect(codeOf(() => sessions.insert(sessionOf('two', { agent: 'x'.repeat(100_000) })))).toBe('store_unavailable')
  expect(sessions.find(sessionOf('two').id)).toBeNull()
  expect(connection.db.isTransaction).toBe(false)

  connection.db.exec("PRAGMA max_page_count = 100000; UPDATE session SET account_roles = '[broken'")
  expect(codeOf(() => sessions.find(sessionOf('one').id))).toBe('store_unavailable')
  connection.close()
  expect(codeOf(() => sessions.find(sessionOf('one').id))).toBe('store_unavailable')
  expect(codeOf(() => sessions.revokeAll('a-1', AT, 'logout'))).toBe('store_unavailable')
})

test('an error of the store names no value that was asked for', () => {
  const sessions = shielded(sqliteSessions(connection))
  connection.close()
  const { id } = sessionOf('one')
  let message = ''
  try {
    void sessions.find(id)
  } catch (cause) {
    message = String(cause)
  }
  expect(message).toContain('store_unavailable')
  expect(message).not.toContain(id)
})

test('a write that fails half-way leaves nothing', () => {
  const sessions = sqliteSessions(connection)
  expect(() =>
    connection.write(() => {
      connection.db.exec("INSERT INTO standing VALUES ('a-9', 7, '[]')")
      throw new Error('half-way')
    }),
  ).toThrow('half-way')
  expect(sessions.standing('a-9')).toEqual({ generation: 0, roles: [] })
  expect(connection.write(() => 'next')).toBe('next')
})

test('what ends a session or spends a nonce waits for the disk, also against a power cut; what begins one does not', () => {
  const levels: unknown[] = []
  const seen = (): void => void levels.push(connection.db.prepare('PRAGMA synchronous').get()?.['synchronous'])
  const observed: Connection = {
    ...connection,
    write: (work) => connection.write(() => (seen(), work())),
    writeDurably: (work) => connection.writeDurably(() => (seen(), work())),
  }
  const [NORMAL, FULL] = [1, 2]
  const sessions = sqliteSessions(observed)
  void sessions.insert(sessionOf('one'))
  void sessions.rotate(sessionOf('one').id, sessionOf('two'))
  void sessions.revoke(sessionOf('two').id, AT, 'logout')
  void sessions.revokeAll('a-1', AT, 'logout')
  void sqliteNonces(observed).spend('login', 'n', AT)
  seen()
  expect(levels).toEqual([NORMAL, FULL, FULL, FULL, FULL, NORMAL])
})

test('two identifiers that share their first bits are never taken for one another', () => {
  const sessions = sqliteSessions(connection)
  const session = sessionOf('one')
  const twin = Buffer.from(session.id, 'base64url')
  twin.writeUInt8(twin.readUInt8(31) ^ 1, 31)
  const id = twin.toString('base64url')
  void sessions.insert(session)
  expect(sessions.find(id)).toBeNull()
  expect(sessions.touch(id, AT + 9)).toBe(false)
  expect(sessions.revoke(id, AT, 'logout')).toBe(false)
  expect(sessions.insert({ ...session, id })).toBe(false)
  expect(sessions.find(session.id)).toMatchObject({ session })
})

test('a newer schema is reached step by step, and a step that fails changes nothing', () => {
  void sqliteSessions(connection).insert(sessionOf('one'))
  connection.close()
  const steps = [...HOT_SCHEMA.steps, 'CREATE TABLE extra (x INTEGER) STRICT', 'INSERT INTO nowhere VALUES (1)']
  expect(codeOf(() => open({ ...HOT_SCHEMA, steps }))).toBe('store_unavailable')
  connection = open()
  expect(connection.db.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'extra'").get()).toEqual({ n: 0 })
  connection.close()
  const repaired = { ...HOT_SCHEMA, steps: [...steps.slice(0, -1), 'INSERT INTO extra VALUES (7)'] }
  connection = open(repaired)
  expect(connection.db.prepare('SELECT x FROM extra').all()).toEqual([{ x: 7 }])
  expect(sqliteSessions(connection).find(sessionOf('one').id)).toMatchObject({ session: sessionOf('one') })
  connection.close()
  connection = open(repaired)
  expect(connection.db.prepare('SELECT x FROM extra').all()).toEqual([{ x: 7 }])
})
