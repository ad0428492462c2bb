import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { memoryStores } from '../../src/store/memory.ts'
import { openSqlite } from '../../src/store/sqlite/open.ts'
import type { Stores } from '../../src/store/store.ts'
import { makeKit, NAME, PASSWORD } from '../own-endpoints.ts'
import { makeSessionKit, MINUTE, START } from '../session-kit.ts'

// A slow request that was let in before the logout saves the session after it: in many systems the session is back then.

function sqliteStores(): Stores {
  const folder = mkdtempSync(join(tmpdir(), 'cloakroom-revived-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return openSqlite(folder)
}

describe.each([
  ['memory', memoryStores],
  ['SQLite', sqliteStores],
])('on the %s store', (_name, make) => {
  test.each(['logout', 'all sessions ended', 'session swept away'])(
    'a request that is held open over the end of its session (%s) does not bring it back',
    async (end) => {
      const stores = make()
      onTestFinished(() => stores.close())
      const { sessions, store, signIn, visitor } = makeSessionKit({ store: stores.sessions })
      const { cookie, session } = await signIn()
      // The request arrives and is let in …
      const held = await visitor(cookie, START + 2 * MINUTE)
      expect(held).toMatchObject({ kind: 'known', touch: true })
      // … the session ends …
      if (end === 'logout') await sessions.end(session, START + 2 * MINUTE, 'logout')
      if (end === 'all sessions ended') await sessions.endAll(session.account, START + 2 * MINUTE, 'ended-by-owner')
      if (end === 'session swept away') await store.sweep(START + MINUTE, START + MINUTE)
      // … and then the request writes what it has to write, in every way that there is.
      await sessions.touch(session.id, START + 3 * MINUTE)
      expect(await sessions.rotate(session, START + 3 * MINUTE, session.factors)).toBeNull()
      expect(await visitor(cookie, START + 3 * MINUTE)).toMatchObject({ kind: 'stranger' })
      expect(await sessions.list(session.account, START + 3 * MINUTE)).toEqual([])
    },
  )

  test('a login that was under way when all sessions were ended does not begin a new one', async () => {
    const stores = make()
    onTestFinished(() => stores.close())
    const { sessions, signIn } = makeSessionKit({ store: stores.sessions })
    const { generation } = await sessions.standing('a-1')
    await sessions.endAll('a-1', START, 'password-changed')
    await expect(signIn({ generation })).rejects.toThrow('outdated')
    expect(await sessions.list('a-1', START)).toEqual([])
  })
})

test('somebody ends all sessions of the account while a login with the right password is being checked: nobody is signed in', async () => {
  const stores = memoryStores()
  const meanwhile = { armed: false }
  const accounts = {
    ...stores.accounts,
    // Runs beside the hashing of the password.
    addFailure(id: string) {
      if (meanwhile.armed) void stores.sessions.revokeAll(id, START, 'ended-by-owner')
      return stores.accounts.addFailure(id)
    },
  }
  const kit = makeKit({ stores: { ...stores, accounts } })
  await kit.addAccount()
  const login = { method: 'POST', path: '/auth/login', json: { account: NAME, password: PASSWORD } }
  expect((await kit.send(login)).status).toBe(200)
  meanwhile.armed = true
  const said = await kit.send(login)
  expect([said.status, said.setCookies]).toEqual([401, []])
  expect(await stores.sessions.listAll(10)).toEqual([])
})
