import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { COMMAND } from '../../src/audit/event.ts'
import { memoryStores } from '../../src/store/memory.ts'
import type { AccountStore } from '../../src/store/store.ts'
import { startKit, type Kit as WholeKit } from '../kit.ts'
import { letterBox, type MailServer, startMailServer, tokenIn } from '../mail-server.ts'
import { Jar, type Kit, makeKit, NAME, PASSWORD, type Said } from '../own-endpoints.ts'
import { codeAt, enrolTotp, postJson, signInWith } from '../second-factor.ts'

const NEXT = 'a quite different password'
const MAIL = 'Ada@example.com'
const MINUTE = 60_000

async function begin(change: Parameters<typeof makeKit>[0] = {}) {
  const box = letterBox()
  const kit = makeKit({ mail: box.send, ...change })
  await kit.addAccount()
  await kit.parts.accounts.setMail(NAME, MAIL, { at: kit.now(), actor: COMMAND })
  const ask = async (account = NAME): Promise<Said> => {
    const said = await postJson(kit, new Jar(), '/forgot', { account })
    await kit.parts.recovery?.settled()
    return said
  }
  /** From a letter to the last step but one; the jar has the login in progress. */
  const open = async (token: string, jar = new Jar()): Promise<[Said, Jar]> => [await postJson(kit, jar, '/reset', { token }), jar]
  const mailed = async (): Promise<string> => {
    await ask()
    return tokenIn(box.letters.at(-1))
  }
  return { ...box, kit, ask, open, mailed }
}

const active = async (kit: Kit, cookies: Jar): Promise<unknown> => (await kit.send({ path: '/auth/session', cookies })).json()['active']
const setPassword = (kit: Kit, jar: Jar, newPassword = NEXT) => postJson(kit, jar, '/login/password', { newPassword })
const NAVIGATION = { 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'cross-site' }

describe('a forgotten password', () => {
  test('MFA-20 the link leads to a new password: nobody is signed in, all sessions are ended, the old password opens nothing', async () => {
    const { kit, letters, mailed, open } = await begin()
    const before = new Jar()
    await signInWith(kit, before)
    const token = await mailed()
    expect(letters).toMatchObject([{ to: MAIL, subject: 'A new password for Shop' }])
    expect(letters[0]?.text).toContain('198.51.100.7')
    const [begun, jar] = await open(token)
    expect([begun.status, begun.json()]).toEqual([200, { active: false, next: 'new-password', methods: [] }])
    expect(await active(kit, before)).toBe(true)
    const done = await setPassword(kit, jar)
    expect([done.status, done.json()]).toEqual([200, { active: false, next: 'sign-in', methods: [] }])
    expect(jar.value('__Host-Http-session')).toBeNull()
    expect(await active(kit, jar)).toBe(false)
    expect(await active(kit, before)).toBe(false)
    expect((await signInWith(kit, new Jar())).status).toBe(401)
    expect((await signInWith(kit, new Jar(), NEXT)).status).toBe(200)
    const changed = kit.events.find(({ kind }) => kind === 'password.changed')
    expect(changed).toMatchObject({ target: NAME, detail: { factor: 'recovery', sessions: 1 } })
  })

  test('PWD-13 a name, an address, a stranger’s name and one without an address: the same answer, and a letter only where there is one', async () => {
    const { kit, letters, ask } = await begin()
    await kit.addAccount('bob')
    const said = []
    for (const account of [NAME, 'eve', 'bob', 'ADA@EXAMPLE.COM', 'nobody@example.com', '', 'a\u0000b']) said.push(await ask(account))
    const shapes = said.map(({ status, text, answer }) => JSON.stringify([status, text, answer.headers]))
    expect(new Set(shapes).size).toBe(1)
    expect(said[0]?.status).toBe(202)
    expect(letters.map(({ to }) => to)).toEqual([MAIL, MAIL])
    const reasons = kit.events.filter(({ kind }) => kind === 'recovery.requested').map(({ target, reason }) => [target, reason])
    expect(reasons).toEqual([
      [NAME, null],
      [null, 'unknown_account'],
      ['bob', 'no_mail'],
      [NAME, null],
      [null, 'unknown_account'],
      [null, 'unknown_account'],
      [null, 'unknown_account'],
    ])
    // A disabled account gets none, either.
    await kit.parts.accounts.disable(NAME, { at: kit.now(), actor: COMMAND })
    await ask()
    expect(letters).toHaveLength(2)
  })

  test('PWD-13 the answer is there before anybody has looked the name up', async () => {
    const asked: string[] = []
    const { accounts } = memoryStores()
    const watched: AccountStore = {
      ...accounts,
      findByKey: (key) => (asked.push(key), accounts.findByKey(key)),
      findByMail: (mail) => (asked.push(mail), accounts.findByMail(mail)),
    }
    const kit = makeKit({ mail: letterBox().send, stores: { accounts: watched } })
    await kit.addAccount()
    asked.splice(0)
    expect((await postJson(kit, new Jar(), '/forgot', { account: NAME })).status).toBe(202)
    expect(asked).toEqual([])
    await kit.parts.recovery?.settled()
    expect(asked).toEqual([NAME])
  })

  test('MFA-18 a link works once, dies with a newer one, with a changed password and with a changed address; the store has only its hash', async () => {
    const { kit, mailed, open } = await begin()
    const status = async (token: string): Promise<unknown> => {
      const [said] = await open(token)
      return [said.status, said.header('cloakroom-error')]
    }
    const dead = [410, 'link_outdated']
    const used = await mailed()
    expect(Buffer.from(used, 'base64url')).toHaveLength(32)
    expect(JSON.stringify(await kit.stores.resets.find(used))).toBe('null')
    expect((await open(used))[0].status).toBe(200)
    expect(await status(used)).toEqual(dead)

    kit.pass(60 * MINUTE)
    const [older, newer] = [await mailed(), await mailed()]
    expect(await status(older)).toEqual(dead)
    expect((await open(newer))[0].status).toBe(200)

    kit.pass(60 * MINUTE)
    const beforeChange = await mailed()
    await kit.parts.accounts.setPassword(NAME, NEXT, { at: kit.now(), actor: COMMAND })
    expect(await status(beforeChange)).toEqual(dead)

    kit.pass(60 * MINUTE)
    const beforeMove = await mailed()
    await kit.parts.accounts.setMail(NAME, 'new@example.com', { at: kit.now(), actor: COMMAND })
    expect(await status(beforeMove)).toEqual(dead)
    for (const forged of ['', 'A'.repeat(43), `${'A'.repeat(42)}=`, 'x']) expect(await status(forged)).toEqual(dead)
  })

  test('MFA-15 a link is good for thirty minutes', async () => {
    const { kit, mailed, open } = await begin()
    const first = await mailed()
    kit.pass(30 * MINUTE - 1)
    expect((await open(first))[0].status).toBe(200)
    const second = await mailed()
    kit.pass(30 * MINUTE)
    expect((await open(second))[0].status).toBe(410)
  })

  test('MFA-18 two browsers with one link: one goes on; two that are at the last step: one sets the password', async () => {
    const { kit, mailed, open } = await begin()
    kit.pass(MINUTE)
    const token = await mailed()
    const opened = await Promise.all([open(token), open(token)])
    expect(opened.map(([{ status }]) => status).toSorted((one, other) => one - other)).toEqual([200, 410])
    const other = (await open(await mailed()))[1]
    const jar = opened.find(([{ status }]) => status === 200)?.[1] ?? new Jar()
    expect((await setPassword(kit, jar)).status).toBe(200)
    expect((await setPassword(kit, other, 'the thief’s own password')).header('cloakroom-error')).toBe('login_outdated')
  })

  test('MFA-16 with a second factor the link alone opens nothing, and the factor stays', async () => {
    const { kit, mailed, open } = await begin()
    const owner = new Jar()
    await signInWith(kit, owner)
    const { seed } = await enrolTotp(kit, owner)
    kit.pass(MINUTE)
    const [begun, jar] = await open(await mailed())
    expect(begun.json()).toEqual({ active: false, next: 'second-factor', methods: ['totp', 'recovery-code'] })
    expect((await setPassword(kit, jar)).header('cloakroom-error')).toBe('login_outdated')
    const [, again] = await open(await mailed())
    expect((await postJson(kit, again, '/login/factor', { code: '000000' })).header('cloakroom-error')).toBe('code_wrong')
    expect((await postJson(kit, again, '/login/factor', { code: codeAt(seed, kit.now()) })).json()['next']).toBe('new-password')
    expect((await setPassword(kit, again)).json()['next']).toBe('sign-in')
    kit.pass(MINUTE)
    const cookies = new Jar()
    expect((await signInWith(kit, cookies, NEXT)).json()['next']).toBe('second-factor')
    expect((await postJson(kit, cookies, '/login/factor', { code: codeAt(seed, kit.now()) })).json()['active']).toBe(true)
    expect(kit.events.some(({ kind }) => kind === 'factor.removed')).toBe(false)
  })

  test('an owner who demands a second factor of everybody gets none added on the way', async () => {
    const { kit, mailed, open } = await begin({ policy: { secondFactor: { kind: 'required' } } })
    const [begun, jar] = await open(await mailed())
    expect(begun.json()['next']).toBe('new-password')
    expect((await postJson(kit, jar, '/factors/totp', {})).status).toBe(401)
  })

  test('RATE-03 letters to one account are limited without a word, asking from one network with one', async () => {
    const { kit, letters, ask } = await begin()
    for (let n = 0; n < 6; n++) expect((await ask()).status).toBe(202)
    expect(letters).toHaveLength(3)
    kit.pass(10 * MINUTE)
    await ask()
    expect(letters).toHaveLength(4)
    const statuses = []
    for (let n = 0; n < 30; n++) statuses.push((await ask('eve')).status)
    expect(statuses).toContain(429)
    const limited = await postJson(kit, new Jar(), '/forgot', { account: 'eve' })
    expect([limited.header('cloakroom-error'), Number(limited.header('retry-after')) > 0]).toEqual(['too_many_attempts', true])
  })

  test('MFA-22 a demanded new password is set through the mail where the account has an address, and by nobody with the old password alone', async () => {
    const { kit, letters, open } = await begin()
    await kit.parts.accounts.forceReset(NAME, { at: kit.now(), actor: COMMAND })
    const thief = new Jar()
    expect((await signInWith(kit, thief)).json()).toEqual({ active: false, next: 'mail-link', methods: [] })
    expect((await setPassword(kit, thief)).header('cloakroom-error')).toBe('login_outdated')
    await kit.parts.recovery?.settled()
    expect(letters).toHaveLength(1)
    const [begun, jar] = await open(tokenIn(letters[0]))
    expect(begun.json()['next']).toBe('new-password')
    expect((await setPassword(kit, jar, PASSWORD)).status).toBe(422)
    expect((await setPassword(kit, jar)).status).toBe(200)
    expect((await signInWith(kit, new Jar(), NEXT)).json()['active']).toBe(true)
  })

  test('MFA-19 the pages: opening the link twice uses nothing up, its address stays in no history, and one works through it without a script', async () => {
    const { kit, letters } = await begin()
    const jar = new Jar()
    const signIn = await kit.send({ path: '/auth/login', cookies: jar, headers: { accept: 'text/html' } })
    expect(signIn.text).toContain('href="/auth/forgot"')
    const asked = await kit.send({ method: 'POST', path: '/auth/forgot', form: { account: NAME }, cookies: jar })
    expect([asked.status, asked.text.includes('Look into your mail')]).toEqual([200, true])
    await kit.parts.recovery?.settled()
    const token = tokenIn(letters[0])
    for (let n = 0; n < 2; n++) {
      const opened = await kit.send({ path: '/auth/reset', query: `token=${token}`, cookies: jar, headers: NAVIGATION })
      expect([opened.status, opened.header('location'), opened.header('referrer-policy')]).toEqual([303, '/auth/reset', 'no-referrer'])
      expect(opened.answer.headers.filter(([name]) => name === 'referrer-policy')).toHaveLength(1)
    }
    const page = await kit.send({ path: '/auth/reset', cookies: jar, headers: NAVIGATION })
    expect([page.status, page.text.includes(token)]).toEqual([200, false])
    expect(page.text).toContain(`value="${NAME}"`)
    const gone = await kit.send({ method: 'POST', path: '/auth/reset', form: {}, cookies: jar })
    expect([gone.status, gone.header('location')]).toEqual([303, '/auth/login'])
    const form = await kit.send({ path: '/auth/login', cookies: jar })
    expect(form.text).toContain('Then sign in with the new password.')
    const done = await kit.send({
      method: 'POST',
      path: '/auth/login/password',
      form: { newPassword: NEXT, newPasswordAgain: NEXT },
      cookies: jar,
    })
    expect([done.status, done.header('location')]).toEqual([303, '/auth/login'])
    expect((await kit.send({ path: '/auth/login', cookies: jar })).text).toContain('Your new password is set.')
    expect((await kit.send({ path: '/auth/login', cookies: jar })).text).not.toContain('Your new password is set.')
    const late = await kit.send({ path: '/auth/reset', query: `token=${token}`, cookies: jar, headers: NAVIGATION })
    expect(late.status).toBe(303)
    const over = await kit.send({ path: '/auth/reset', cookies: jar, headers: NAVIGATION })
    expect([over.status, over.text.includes('This link does not work')]).toEqual([410, true])
  })

  test('without a mail server, and where people sign in at providers only, there is no such page and no link to it', async () => {
    const bare = makeKit()
    const foreign = (await begin({ policy: { ownAccounts: false } })).kit
    for (const kit of [bare, foreign]) {
      for (const [method, path] of [
        ['GET', '/auth/forgot'],
        ['POST', '/auth/forgot'],
        ['GET', '/auth/reset'],
        ['POST', '/auth/reset'],
      ] as const)
        expect((await kit.send({ method, path, ...(method === 'POST' ? { json: { account: NAME } } : {}) })).status).toBe(404)
      expect((await kit.send({ path: '/auth/login' })).text).not.toContain('forgot')
    }
  })
})

describe('with a mail server', () => {
  let server: MailServer
  let kit: WholeKit
  afterEach(async () => {
    await kit.close()
    await server.close()
  })
  async function start(): Promise<void> {
    server = await startMailServer()
    kit = await startKit({ config: { mail: { smtp: server.smtp, from: 'gate@example.com' } } })
    const [ada] = await kit.stores.accounts.list()
    await kit.stores.accounts.update(ada?.id ?? '', { mail: MAIL })
  }

  test('MFA-19 the letter arrives, in the reader’s language; its link leads to the configured host, whatever the request said', async () => {
    await start()
    const asked = await kit.call('POST', '/auth/forgot', {
      json: { account: 'ada' },
      headers: [
        ['accept-language', 'de'],
        ['x-forwarded-host', 'evil.example'],
        ['forwarded', 'host=evil.example'],
      ],
    })
    expect(asked.status).toBe(202)
    expect((await kit.call('POST', '/auth/forgot', { json: { account: 'ada' }, host: 'evil.example' })).status).toBe(421)
    const [letter] = await server.wait(1)
    expect(letter).toMatchObject({ to: MAIL, subject: 'Ein neues Passwort für localhost' })
    const link = /https?:\/\/\S+/.exec(letter?.text ?? '')?.[0] ?? ''
    expect(new URL(link).origin).toBe(kit.origin)
    const begun = await kit.call('POST', '/auth/reset', { json: { token: tokenIn(letter) } })
    expect([begun.status, JSON.parse(begun.text)]).toEqual([200, { active: false, next: 'new-password', methods: [] }])
    await kit.running.close(0)
    const everything = ['audit.jsonl', 'hot.sqlite', 'hot.sqlite-wal', 'durable.sqlite', 'durable.sqlite-wal']
      .map((file) => {
        try {
          return readFileSync(join(kit.folder, 'data', file), 'latin1')
        } catch {
          return ''
        }
      })
      .concat(readFileSync(join(kit.folder, 'access.log'), 'latin1'))
    expect(everything.some((text) => text.includes(tokenIn(letter)))).toBe(false)
    expect(kit.auditLines().map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['recovery.requested', 'recovery.mailed', 'recovery.opened']),
    )
  })
})
