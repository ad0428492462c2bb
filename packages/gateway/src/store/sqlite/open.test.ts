import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { sessionOf, AT } from '../../../test/conformance/sessions.ts'
import { describeStores } from '../../../test/conformance/stores.ts'
import { auditEvent } from '../../audit/event.ts'
import { openSqlite } from './open.ts'

const root = mkdtempSync(join(tmpdir(), 'cloakroom-stores-'))
afterAll(() => rmSync(root, { recursive: true }))
let count = 0
const freshFolder = () => join(root, String(count++), 'data')

describeStores('the SQLite store', () => openSqlite(freshFolder()))

test('nobody but the gateway’s user can read the folder and its files', () => {
  const folder = freshFolder()
  const stores = openSqlite(folder)
  void stores.sessions.insert(sessionOf('one'))
  void stores.accounts.addFailure('x')
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  expect(readdirSync(folder)).toContain('hot.sqlite-wal')
  for (const file of readdirSync(folder)) expect(`${file} ${(statSync(join(folder, file)).mode & 0o777).toString(8)}`).toBe(`${file} 600`)
  void stores.close()
  chmodSync(join(folder, 'hot.sqlite'), 0o644)
  void openSqlite(folder).close()
  expect(statSync(join(folder, 'hot.sqlite')).mode & 0o777).toBe(0o600)
})

test('what was written is there after closing and opening again', () => {
  const folder = freshFolder()
  const first = openSqlite(folder)
  void first.sessions.insert(sessionOf('one'))
  void first.close()
  const second = openSqlite(folder)
  expect(second.sessions.find(sessionOf('one').id)).toMatchObject({ session: sessionOf('one') })
  void second.close()
})

test('SES-13 what ends everybody is seen by every other at its next request', () => {
  const folder = freshFolder()
  const [one, other] = [openSqlite(folder), openSqlite(folder)]
  void one.sessions.insert(sessionOf('a'))
  expect(other.sessions.find(sessionOf('a').id)).toMatchObject({ standing: { generation: 0 } })
  void one.sessions.revokeEveryone()
  expect(other.sessions.find(sessionOf('a').id)).toMatchObject({ session: { generation: 0 }, standing: { generation: 1 } })
  void one.close()
  void other.close()
})

test('REV-08 a denied JWT counts as something that was ended', () => {
  const stores = openSqlite(freshFolder())
  void stores.denials.deny({ issuer: 'https://id.example', what: 'jti', value: 'j-1' }, AT, AT + 1)
  expect(stores.sessions.ended()).toBe(1)
  void stores.close()
})

test('SES-13 a session that one process ends is ended for every other at its next request', () => {
  const folder = freshFolder()
  const [one, other] = [openSqlite(folder), openSqlite(folder)]
  void one.sessions.insert(sessionOf('a'))
  void one.sessions.insert(sessionOf('b'))
  expect(other.sessions.find(sessionOf('a').id)).toMatchObject({ session: { revoked: null } })
  void one.sessions.revoke(sessionOf('a').id, AT, 'logout')
  expect(other.sessions.find(sessionOf('a').id)).toMatchObject({ session: { revoked: { because: 'logout' } } })
  void other.sessions.revokeAll('a-1', AT, 'ended-by-owner')
  expect(one.sessions.find(sessionOf('b').id)).toMatchObject({
    session: { revoked: { because: 'ended-by-owner' } },
    standing: { generation: 1 },
  })
  expect(one.sessions.insert(sessionOf('c'))).toBe(false)
  void one.close()
  void other.close()
})

test('a nonce that one process spent is spent for all', () => {
  const folder = freshFolder()
  const [one, other] = [openSqlite(folder), openSqlite(folder)]
  expect([one.nonces.spend('login', 'n', AT), other.nonces.spend('login', 'n', AT)]).toEqual([true, false])
  void one.close()
  void other.close()
})

test('the vault’s revision follows what other processes write to the vault, and only that', () => {
  const folder = freshFolder()
  const [one, other] = [openSqlite(folder), openSqlite(folder)]
  const before = one.vault.revision()
  void other.audit.append([auditEvent({ kind: 'config.loaded', at: AT })], { random: randomBytes, seal: null })
  expect(one.vault.revision()).toBe(before)
  void other.vault.addGeneration({ number: 1, wrapped: 'w', createdAt: AT })
  expect(one.vault.revision()).not.toBe(before)
  expect(one.vault.revision()).toBe(other.vault.revision())
  void one.close()
  void other.close()
})

test('several processes may open a new folder at the same moment', async () => {
  const folder = freshFolder()
  const script = `import { openSqlite } from ${JSON.stringify(fileURLToPath(new URL('open.ts', import.meta.url)))}
    const stores = openSqlite(process.argv[1]); stores.sessions.revokeAll('a-1', 1, 'logout'); stores.close()`
  const children = Array.from({ length: 5 }, () =>
    spawn(process.execPath, ['--conditions=source', '--input-type=module', '-e', script, folder], { stdio: ['ignore', 'ignore', 'pipe'] }),
  )
  const complaints: string[] = []
  for (const child of children) child.stderr.on('data', (chunk) => complaints.push(String(chunk)))
  const codes = await Promise.all(children.map(async (child) => ((await once(child, 'close')) as [number])[0]))
  expect(complaints.join('')).toBe('')
  expect(codes).toEqual([0, 0, 0, 0, 0])
  const stores = openSqlite(folder)
  expect(stores.sessions.standing('a-1')).toMatchObject({ generation: 5 })
  void stores.close()
})

test('SES-22 a file that is no database, of another program or of a newer version stops the start', () => {
  const broken = freshFolder()
  mkdirSync(broken, { recursive: true })
  writeFileSync(join(broken, 'hot.sqlite'), 'not a database, but long enough to be taken for one '.repeat(100))
  expect(() => openSqlite(broken)).toThrow(/^store_unavailable: cannot open hot.sqlite/)

  const foreign = freshFolder()
  mkdirSync(foreign, { recursive: true })
  altered(join(foreign, 'durable.sqlite'), 'CREATE TABLE theirs (x)')
  expect(() => openSqlite(foreign)).toThrow(/store_unavailable: durable.sqlite is a database of another program/)

  const newer = freshFolder()
  void openSqlite(newer).close()
  altered(join(newer, 'hot.sqlite'), 'PRAGMA user_version = 99')
  expect(() => openSqlite(newer)).toThrow(/store_unavailable: hot.sqlite was written by a newer version/)
})

function altered(path: string, sql: string): void {
  const db = new DatabaseSync(path)
  db.exec(sql)
  db.close()
}
