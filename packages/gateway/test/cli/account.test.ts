import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createSessions } from '../../src/session/sessions.ts'
import { openSqlite } from '../../src/store/sqlite/open.ts'
import { atTerminal, cloakroom, type emptyFolder, everythingIn, HAS_TERMINAL, installation } from './run.ts'

const PASSWORD = 'canary correct horse battery'

let made: Awaited<ReturnType<typeof installation>>
let folder: ReturnType<typeof emptyFolder>
beforeAll(async () => {
  made = await installation('canary-4Zk8Qw2LmX90pR7s')
})
afterAll(() => made.remove())
beforeEach(() => {
  folder = made.copy()
})
afterEach(() => folder.remove())

const run = (args: readonly string[], input = '') => cloakroom(args, { cwd: folder.path, input })

/** Begins sessions behind the command's back, as a running gateway does. */
function sessionsOf(stores: ReturnType<typeof openSqlite>): (account: string, name: string) => Promise<void> {
  const limits = { idleMs: 1_800_000, absoluteMs: 43_200_000, perAccount: 10, onLimit: 'end-oldest' } as const
  const sessions = createSessions({
    store: stores.sessions,
    audit: { note: () => undefined, commit: async () => undefined },
    random: randomBytes,
    label: () => '',
    limits: () => limits,
  })
  const shown = { roles: [], factors: [], address: '192.0.2.7', agent: 'Browser\u009b31m' }
  return async (account, name) => void (await sessions.start({ ...shown, account, name, at: Date.now() }))
}

async function signIn(name: string): Promise<void> {
  const stores = openSqlite(join(folder.path, 'data'))
  try {
    await sessionsOf(stores)((await stores.accounts.list()).find((each) => each.name === name)?.id ?? '', name)
  } finally {
    await stores.close()
  }
}

describe('cloakroom account', () => {
  test('PWD-16 an account exists only when it was added, with the password that was piped in', async () => {
    expect(await run(['account', 'add', 'ada', '--role', 'staff'], `${PASSWORD}\n`)).toMatchObject({
      code: 0,
      out: 'ada may sign in as staff.\n',
    })
    const listed = JSON.parse((await run(['account', 'list', '--json'])).out) as object[]
    expect(listed).toMatchObject([{ name: 'ada', roles: ['staff'], hasPassword: true, disabledAt: null }])
    expect(JSON.stringify(listed) + everythingIn(folder.path)).not.toContain(PASSWORD)
    expect(JSON.stringify(listed)).not.toContain('argon2')
  })

  test.each([
    ['a short password', ['account', 'add', 'ada'], 'short', 1, /at least 15/],
    ['a password of two lines', ['account', 'add', 'ada'], 'first line of it\nsecond line of it', 1, /more than one line/],
    ['no password', ['account', 'add', 'ada'], '', 1, /at least 15/],
    ['an unknown account', ['account', 'disable', 'eve'], '', 1, /account list/],
    ['a role that is none', ['account', 'add', 'ada', '--role', 'a b'], PASSWORD, 64, /--role/],
    ['a password as an argument', ['account', 'add', 'ada', '--password', PASSWORD], '', 64, /never arguments/],
  ] as const)('%s: says what is wrong and how to mend it', async (_what, args, input, code, text) => {
    const ran = await run(args, input)
    expect(ran.code).toBe(code)
    expect(ran.err).toMatch(text)
    expect(ran.err + ran.out).not.toContain(PASSWORD)
    expect((await run(['account', 'list', '--json'])).out).toBe('[]\n')
  })

  test('disabling, enabling and a new password each end or admit at once, and are in the audit trail', async () => {
    await run(['account', 'add', 'ada'], PASSWORD)
    await signIn('ada')
    expect((await run(['session', 'list'])).out).toContain('ada')
    expect((await run(['account', 'disable', 'Ada'])).code).toBe(0)
    expect((await run(['session', 'list'])).out).toBe('Nobody is signed in.\n')
    expect((await run(['account', 'enable', 'ada'])).code).toBe(0)
    expect((await run(['account', 'set-password', 'ada'], `${PASSWORD} two`)).code).toBe(0)
    const kinds = readFileSync(join(folder.path, 'data/audit.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { kind: string }).kind)
    expect(kinds).toEqual(
      expect.arrayContaining(['account.added', 'account.disabled', 'session.ended', 'account.enabled', 'account.password_set']),
    )
  })

  test.skipIf(!HAS_TERMINAL)('on a terminal the password is asked for twice, unseen', async () => {
    const good = await atTerminal(['account', 'add', 'ada'], folder.path, [
      { on: 'Password for ada', type: `${PASSWORD}\r` },
      { on: 'Once more', type: `${PASSWORD}\r` },
    ])
    expect(good.code).toBe(0)
    expect(good.screen).not.toContain(PASSWORD)
    const bad = await atTerminal(['account', 'add', 'bob'], folder.path, [
      { on: 'Password for bob', type: `${PASSWORD}\r` },
      { on: 'Once more', type: 'another one entirely\r' },
    ])
    expect(bad.code).toBe(1)
    expect(bad.screen).toContain('differ')
  })
})

describe('cloakroom session', () => {
  test('ends one by the beginning of its label, an account’s, or all', async () => {
    await run(['account', 'add', 'ada'], PASSWORD)
    await run(['account', 'add', 'bob'], PASSWORD)
    for (const name of ['ada', 'ada', 'bob', 'bob']) await signIn(name)
    const listed = JSON.parse((await run(['session', 'list', '--json'])).out) as { label: string; account: string }[]
    expect(listed.map(({ account }) => account).toSorted()).toEqual(['ada', 'ada', 'bob', 'bob'])
    const label = listed[0]?.label ?? ''
    expect(await run(['session', 'end', label.slice(0, 3)])).toMatchObject({ code: 1 })
    expect(await run(['session', 'end', 'zzzzzzzz'])).toMatchObject({ code: 1 })
    expect(await run(['session', 'end', label.slice(0, 8)])).toMatchObject({ code: 0 })
    expect(JSON.parse((await run(['session', 'list', '--json'])).out)).toHaveLength(3)
    expect(JSON.parse((await run(['session', 'end', '--account', 'ada', '--json'])).out)).toMatchObject({ account: 'ada' })
    expect(
      (JSON.parse((await run(['session', 'list', '--json'])).out) as { account: string }[]).every(({ account }) => account === 'bob'),
    ).toBe(true)
    expect((await run(['session', 'end', '--all'])).code).toBe(0)
    expect((await run(['session', 'list', '--json'])).out).toBe('[]\n')
    expect(await run(['session', 'end'])).toMatchObject({ code: 64 })
    expect(await run(['session', 'end', 'abcd', '--all'])).toMatchObject({ code: 64 })
  })

  test('a browser’s name cannot steer the terminal', async () => {
    await run(['account', 'add', 'ada'], PASSWORD)
    await signIn('ada')
    const listed = await run(['session', 'list'])
    expect(listed.out).toContain('Browser\uFFFD31m')
    expect(listed.out).not.toContain('\u009b')
  })

  test('a store that is no store is said plainly', async () => {
    writeFileSync(join(folder.path, 'data/durable.sqlite'), 'not a database, but long enough to be looked at as one')
    const ran = await run(['session', 'list'])
    expect(ran.code).toBe(74)
    expect(ran.err).not.toMatch(/\.ts:|at /)
  })

  test('MFA-22 a forced reset ends sessions, is shown in the list, and names who has no second factor', async () => {
    await run(['account', 'add', 'ada'], `${PASSWORD}\n`)
    await run(['account', 'add', 'bob'], `${PASSWORD}\n`)
    await signIn('ada')
    const one = await run(['account', 'force-reset', 'ada'])
    expect(one).toMatchObject({
      code: 0,
      out: expect.stringMatching(/All sessions of ada are ended\.[^]*whoever has the old password[^]*: ada\./),
    })
    expect(JSON.parse((await run(['session', 'list', '--json'])).out)).toEqual([])
    expect((await run(['account', 'list'])).out).toMatch(/ada .*new password due/)
    const all = JSON.parse((await run(['account', 'force-reset', '--all', '--json'])).out) as object
    expect(all).toEqual({ reset: ['ada', 'bob'], withoutSecondFactor: ['ada', 'bob'] })
    expect((await run(['account', 'force-reset'])).code).toBe(64)
    expect((await run(['account', 'force-reset', 'eve'])).code).toBe(1)
  })

  test('MFA-22 a thousand accounts are reset, and a thousand sessions end, while one waits', async () => {
    const stores = openSqlite(join(folder.path, 'data'))
    const { accounts } = stores
    const blank = { password: null, roles: [], mail: null, language: null, disabledAt: null, failures: 0, passwordLockedAt: null }
    const times = { createdAt: 1, passwordChangedAt: 1, lastLoginAt: null, resetRequiredAt: null }
    for (let n = 0; n < 1000; n++) {
      const name = `user-${String(n)}`
      await accounts.insert({ ...blank, ...times, id: name, name, key: name })
    }
    const live = sessionsOf(stores)
    for (let n = 0; n < 1000; n++) await live(`user-${String(n)}`, `user-${String(n)}`)
    await stores.close()
    const from = performance.now()
    const all = await run(['account', 'force-reset', '--all', '--json'])
    console.log(`force-reset --all, 1,000 accounts and sessions: ${((performance.now() - from) / 1000).toFixed(1)} s`)
    expect((JSON.parse(all.out) as { reset: string[] }).reset).toHaveLength(1000)
    expect(JSON.parse((await run(['session', 'list', '--json'])).out)).toEqual([])
    const after = openSqlite(join(folder.path, 'data'))
    expect((await after.accounts.list()).filter(({ resetRequiredAt }) => resetRequiredAt === null)).toEqual([])
    await after.close()
  })

  async function giveFactors(...ids: readonly string[]): Promise<void> {
    const stores = openSqlite(join(folder.path, 'data'))
    const account = (await stores.accounts.list())[0]?.id ?? ''
    const factor = { account, kind: 'totp', name: 'phone', content: 'x', createdAt: Date.now(), lastUsedAt: null } as const
    for (const id of ids) await stores.factors.insert({ ...factor, id })
    await stores.close()
  }

  test('the owner sees an account’s factors and makes recovery codes', async () => {
    await run(['account', 'add', 'ada'], `${PASSWORD}\n`)
    expect((await run(['account', 'recovery-codes', 'ada'])).code).toBe(1)
    await giveFactors('aaaa1111')
    expect((await run(['account', 'factors', 'ada'])).out).toMatch(/aaaa1111 +totp +phone/)
    const codes = JSON.parse((await run(['account', 'recovery-codes', 'ada', '--json'])).out) as { recoveryCodes: string[] }
    expect(codes.recoveryCodes).toHaveLength(10)
    expect(everythingIn(folder.path)).not.toContain(codes.recoveryCodes[0])
  })

  test('MFA-25 the owner removes a lost factor, and the sessions end with it', async () => {
    await run(['account', 'add', 'ada'], `${PASSWORD}\n`)
    await giveFactors('aaaa1111', 'aaaa2222')
    await signIn('ada')
    expect((await run(['account', 'remove-factor', 'ada', 'aaaa'])).code).toBe(1)
    const removed = { code: 0, out: 'One factor of ada removed; one session ended.\n' }
    expect(await run(['account', 'remove-factor', 'ada', 'aaaa1'])).toMatchObject(removed)
    expect((await run(['account', 'remove-factor', 'ada', '--all'])).code).toBe(0)
    expect((await run(['account', 'factors', 'ada'])).out).toBe('ada has no second factor.\n')
  })
})
