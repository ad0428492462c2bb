import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeSession } from '../../../test/fixtures.ts'
import { changesOf } from './changes.ts'
import { openSqlite } from './open.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cloakroom-changes-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('what another process wrote is seen from the next turn on, what this one wrote at once', async () => {
  const path = join(folder, 'x.sqlite')
  const [one, other, stranger] = [new DatabaseSync(path), new DatabaseSync(path), new DatabaseSync(path)]
  one.exec('PRAGMA journal_mode = WAL; CREATE TABLE x (y)')
  const changes = changesOf(one, path)
  const others = changesOf(other, path)
  const before = changes.stamp()
  expect(changes.stamp()).toBe(before)
  stranger.exec('INSERT INTO x VALUES (1)')
  await nextTurn()
  const after = changes.stamp()
  expect(after).not.toBe(before)
  other.exec('INSERT INTO x VALUES (2)')
  others.wrote()
  expect(changes.stamp()).not.toBe(after)
  for (const db of [one, other, stranger]) db.close()
})

test('REV-01 a session that another process ended is dead on the next turn, although it was kept in memory', async () => {
  const stores = openSqlite(folder)
  const session = makeSession({ id: Buffer.alloc(32, 7).toString('base64url') })
  await stores.sessions.insert(session)
  expect((await stores.sessions.find(session.id))?.session.revoked).toBeNull()
  // Another process: a connection that this one knows nothing of.
  const stranger = new DatabaseSync(join(folder, 'hot.sqlite'))
  stranger.exec(`UPDATE session SET revoked_at = 1, revoked_because = 'logout'`)
  stranger.close()
  await nextTurn()
  expect((await stores.sessions.find(session.id))?.session.revoked).toEqual({ at: 1, because: 'logout' })
  await stores.close()
})

test('a touch in the turn in which another process ended a session does not bring it back', async () => {
  const stores = openSqlite(folder)
  const [one, two] = [7, 8].map((byte) => makeSession({ id: Buffer.alloc(32, byte).toString('base64url') }))
  for (const session of [one!, two!]) await stores.sessions.insert(session)
  for (const session of [one!, two!]) await stores.sessions.find(session.id)
  const stranger = new DatabaseSync(join(folder, 'hot.sqlite'))
  stranger.exec(`UPDATE session SET revoked_at = 1, revoked_because = 'logout'`)
  stranger.close()
  await nextTurn()
  // The touch of one session must not make the memory of the other count as fresh.
  await stores.sessions.touch(one!.id, one!.seenAt + 60_000)
  expect((await stores.sessions.find(two!.id))?.session.revoked).not.toBeNull()
  await stores.close()
})
