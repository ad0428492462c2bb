import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startKit, type Kit, PASSWORD } from '../kit.ts'
import { type MailServer, startMailServer, tokenIn } from '../mail-server.ts'
import { codeAt } from '../second-factor.ts'

const NEXT = 'a quite different password'
let server: MailServer
let kit: Kit
beforeEach(async () => {
  server = await startMailServer()
  kit = await startKit({ config: { mail: { smtp: server.smtp, from: 'gate@example.com' } } })
  const [ada] = await kit.stores.accounts.list()
  await kit.stores.accounts.update(ada?.id ?? '', { mail: 'ada@example.com' })
})
afterEach(async () => {
  await kit.close()
  await server.close()
})

const post = (path: string, json: unknown, cookie?: string) =>
  kit.call('POST', `/auth${path}`, { json, ...(cookie === undefined ? {} : { cookie }) })
/** The cookies of an answer, as the next request carries them. */
const cookiesOf = (answer: Awaited<ReturnType<typeof post>>): string =>
  answer
    .all('set-cookie')
    .map((line) => line.split(';', 1)[0] ?? '')
    .filter((pair) => !pair.endsWith('='))
    .join('; ')
/** What the gateway sends until its end, without the links to a new password. */
async function told(): Promise<readonly string[]> {
  await kit.running.close(0)
  return server.letters.filter(({ subject }) => !subject.startsWith('A new password')).map(({ text }) => text)
}

describe('a person hears by mail of what happened to her account', () => {
  test('PWD-17 a sign-in on a new device; not one on a device that is known', async () => {
    const first = await post('/login', { account: 'ada', password: PASSWORD })
    kit.clock.now += 3_600_000
    await post('/login', { account: 'ada', password: PASSWORD }, cookiesOf(first))
    const letters = await told()
    expect(letters).toHaveLength(1)
    expect(letters[0]).toContain('2026-11-23 12:00 UTC, 127.0.0.1: A sign-in on a device on which you had not signed in before.')
    expect(server.letters[0]).toMatchObject({ to: 'ada@example.com', subject: 'News of your account at localhost' })
  })

  test('PWD-17 a sign-in after several wrong attempts', async () => {
    const known = cookiesOf(await post('/login', { account: 'ada', password: PASSWORD }))
    for (let n = 0; n < 4; n++) await post('/login', { account: 'ada', password: 'wrong, and long enough' })
    kit.clock.now += 3_600_000
    expect((await post('/login', { account: 'ada', password: PASSWORD }, known)).status).toBe(200)
    expect((await told()).join('')).toContain('A sign-in, after 4 wrong attempts.')
  })

  test('PWD-17 a changed password', async () => {
    const cookie = await kit.signIn()
    expect((await post('/password', { currentPassword: PASSWORD, newPassword: NEXT }, cookie)).status).toBe(200)
    expect((await told()).join('')).toContain('The password was changed.')
  })

  test('MFA-17 a recovery and factors that come and go, each with what to do if it was somebody else', async () => {
    await post('/forgot', { account: 'ada' })
    const [letter] = await server.wait(1)
    const begun = await post('/reset', { token: tokenIn(letter) })
    expect((await post('/login/password', { newPassword: NEXT }, cookiesOf(begun))).status).toBe(200)
    const cookie = cookiesOf(await post('/login', { account: 'ada', password: NEXT }))
    const { key, enrolment } = JSON.parse((await post('/factors/totp', {}, cookie)).text) as { key: string; enrolment: string }
    const added = await post('/factors/totp', { enrolment, code: codeAt(key, kit.clock.now), name: 'phone' }, cookie)
    const factors = await kit.call('GET', '/auth/factors', { cookie: cookiesOf(added), headers: [['sec-fetch-site', 'same-origin']] })
    const [{ id } = { id: '' }] = (JSON.parse(factors.text) as { factors: { id: string }[] }).factors
    expect((await post('/factors/remove', { id }, cookiesOf(added))).status).toBe(200)
    const letters = await told()
    const text = letters.join('\n')
    for (const line of [
      'The password was replaced, through a link by mail.',
      'An authenticator app was added.',
      'New recovery codes were made',
      'An authenticator app was removed.',
    ])
      expect(text).toContain(line)
    for (const each of letters) {
      expect(each).toContain('Was it not you?')
      for (const page of ['sessions', 'password', 'forgot']) expect(each).toContain(`${kit.origin}/auth/${page}`)
    }
  })

  test('who has no address gets no letter, and a mail server that refuses holds nobody up', async () => {
    await kit.addAccount('bob')
    await kit.signIn('bob')
    server.refusing = 'no such mailbox here'
    expect((await post('/login', { account: 'ada', password: PASSWORD })).status).toBe(200)
    const before = Date.now()
    expect(await told()).toEqual([])
    expect(Date.now() - before).toBeLessThan(10_000)
  })
})
