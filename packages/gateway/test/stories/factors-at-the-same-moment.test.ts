import { expect, test } from 'vitest'
import { COMMAND } from '../../src/audit/event.ts'
import { letterBox, tokenIn } from '../mail-server.ts'
import { Jar, type Kit, makeKit, NAME } from '../own-endpoints.ts'
import { codeAt, enrolTotp, postJson, signInWith } from '../second-factor.ts'

async function signedIn(kit: Kit): Promise<Jar> {
  await kit.addAccount()
  const cookies = new Jar()
  await signInWith(kit, cookies)
  return cookies
}
const kinds = async (kit: Kit): Promise<readonly string[]> => {
  const account = (await kit.stores.accounts.findByKey(NAME))?.id ?? ''
  return (await kit.stores.factors.list(account)).map(({ kind }) => kind).toSorted()
}

test('MFA-18 of twenty who use one link at the same moment one gets on', async () => {
  const box = letterBox()
  const kit = makeKit({ mail: box.send })
  await kit.addAccount()
  await kit.parts.accounts.setMail(NAME, 'ada@shop.example', { at: kit.now(), actor: COMMAND })
  await kit.send({ method: 'POST', path: '/auth/forgot', json: { account: NAME } })
  await kit.parts.recovery?.settled()
  const token = tokenIn(box.letters[0])
  const said = await Promise.all(Array.from({ length: 20 }, () => postJson(kit, new Jar(), '/reset', { token })))
  expect(said.filter(({ status }) => status === 200)).toHaveLength(1)
})

test('MFA-14 recovery codes that are made five times at once are one set, and one of the lists opens', async () => {
  const kit = makeKit()
  const cookies = await signedIn(kit)
  await enrolTotp(kit, cookies)
  const said = await Promise.all(Array.from({ length: 5 }, () => postJson(kit, cookies, '/factors/recovery-codes', {})))
  expect(await kinds(kit)).toEqual(['recovery-codes', 'totp'])
  let opened = 0
  for (const one of said) {
    const jar = new Jar()
    await signInWith(kit, jar)
    const [code] = (one.json()['recoveryCodes'] ?? []) as readonly string[]
    if ((await postJson(kit, jar, '/login/factor', { code })).status === 200) opened += 1
  }
  expect(opened).toBe(1)
})

test('MFA-05 an enrolment that is sent twice, at once and later, adds one app', async () => {
  const kit = makeKit()
  const cookies = await signedIn(kit)
  const shown = (await postJson(kit, cookies, '/factors/totp', {})).json()
  const send = async () =>
    await postJson(kit, cookies, '/factors/totp', { enrolment: shown['enrolment'], code: codeAt(String(shown['key']), kit.now()) })
  const said = await Promise.all([send(), send()])
  expect(said.filter(({ status }) => status === 200)).toHaveLength(1)
  kit.pass(60_000)
  expect((await send()).status).not.toBe(200)
  expect(await kinds(kit)).toEqual(['recovery-codes', 'totp'])
})

test('SES-19 of six who sign in at the same moment no more get a session than may', async () => {
  const kit = makeKit({ policy: { sessions: { idleMs: 1_800_000, absoluteMs: 43_200_000, perAccount: 2, onLimit: 'refuse' } } })
  await kit.addAccount()
  await Promise.all(Array.from({ length: 6 }, () => signInWith(kit, new Jar())))
  const account = (await kit.stores.accounts.findByKey(NAME))?.id ?? ''
  expect(await kit.parts.sessions.list(account, kit.now())).toHaveLength(2)
})

test('C13 a device’s name is text: no markup, no line, nothing that turns the writing round', async () => {
  const kit = makeKit()
  const cookies = await signedIn(kit)
  const shown = (await postJson(kit, cookies, '/factors/totp', {})).json()
  const sent = { enrolment: shown['enrolment'], code: codeAt(String(shown['key']), kit.now()) }
  const named = { ...sent, name: '"><img src=x onerror=alert(1)>\u202e\r\nx' }
  expect((await postJson(kit, cookies, '/factors/totp', named)).status).toBe(200)
  const { text } = await kit.send({ path: '/auth/factors', cookies, headers: { accept: 'text/html', 'sec-fetch-mode': 'navigate' } })
  expect(text).not.toMatch(/<img src=x|\u202e/)
  expect(text).toContain('&lt;img')
})
