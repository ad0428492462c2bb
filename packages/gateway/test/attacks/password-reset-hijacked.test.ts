import { describe, expect, test } from 'vitest'
import { COMMAND } from '../../src/audit/event.ts'
import { letterBox, tokenIn } from '../mail-server.ts'
import { Jar, type Kit, makeKit, NAME, PASSWORD } from '../own-endpoints.ts'
import { codeAt, enrolTotp, postJson, signInWith } from '../second-factor.ts'

const MAIL = 'ada@shop.example'
const NEXT = 'the thief’s own password'

async function begin() {
  const box = letterBox()
  const kit = makeKit({ mail: box.send })
  await kit.addAccount()
  await kit.addAccount('eve')
  await kit.parts.accounts.setMail(NAME, MAIL, { at: kit.now(), actor: COMMAND })
  await kit.parts.accounts.setMail('eve', 'eve@evil.example', { at: kit.now(), actor: COMMAND })
  kit.pass(60_000)
  const ask = async (account: string, headers: Readonly<Record<string, string>> = {}): Promise<void> => {
    await kit.send({ method: 'POST', path: '/auth/forgot', json: { account }, headers })
    await kit.parts.recovery?.settled()
  }
  return { ...box, kit, ask }
}

/** Does the password still open the account, and the thief's not? */
async function isHers(kit: Kit): Promise<boolean> {
  const [own, his] = [await signInWith(kit, new Jar()), await signInWith(kit, new Jar(), NEXT)]
  return own.status === 200 && his.status === 401
}

describe('a password reset that somebody else asked for', () => {
  test.each([
    ['host', { host: 'evil.example' }],
    ['x-forwarded-host', { 'x-forwarded-host': 'evil.example' }],
    ['forwarded', { forwarded: 'host=evil.example;proto=https' }],
    ['x-original-url', { 'x-original-url': 'https://evil.example/' }],
    ['referer', { referer: 'https://shop.example.evil.example/' }],
  ])('MFA-19 the link leads to the configured host, whatever %s says', async (_field, headers) => {
    const { kit, letters, ask } = await begin()
    await ask(NAME, headers)
    expect(letters).toHaveLength(1)
    const links = [...(letters[0]?.text ?? '').matchAll(/https?:\/\/\S+/g)].map(([link]) => new URL(link).origin)
    expect(links).toEqual([kit.policy.publicOrigin])
  })

  test.each([
    ['two addresses', `${MAIL},eve@evil.example`],
    ['a further line', `${MAIL}\r\nBcc: eve@evil.example`],
    ['a display name', `"${MAIL}" <eve@evil.example>`],
    ['a letter that folds to an s', MAIL.replace('shop', '\u017fhop')],
    ['a letter that looks like an a', MAIL.replace('ada', '\u0430da')],
    ['a full-width at', MAIL.replace('@', '\uff20')],
    ['a domain that goes on', `${MAIL}.evil.example`],
    ['a comment', `ada(x)@shop.example`],
    ['a percent sign', 'ada%shop.example@evil.example'],
  ])('an address that is read in two ways gets no letter to the thief: %s', async (_what, typed) => {
    const { letters, ask } = await begin()
    await ask(typed)
    expect(letters.filter(({ to }) => to !== MAIL)).toEqual([])
    expect(letters.every(({ to }) => !to.includes('evil'))).toBe(true)
  })

  test('MFA-18 a token that is nearly right, of another account, used, or older opens nothing', async () => {
    const { kit, letters, ask } = await begin()
    await ask(NAME)
    const token = tokenIn(letters[0])
    const tries = Array.from(token, (character, at) => token.slice(0, at) + (character === 'A' ? 'B' : 'A') + token.slice(at + 1))
    for (const wrong of [...tries, token.toLowerCase(), `${token} `, `${token}A`, token.slice(0, -1)]) {
      if (wrong === token) continue
      expect((await postJson(kit, new Jar(), '/reset', { token: wrong })).status).toBe(410)
    }
    expect((await postJson(kit, new Jar(), '/reset', { token })).status).toBe(200)
    expect((await postJson(kit, new Jar(), '/reset', { token })).status).toBe(410)
    expect(await isHers(kit)).toBe(true)
  })

  test('MFA-16 whoever reads the mail and nothing else gets past no second factor, by no order of the steps', async () => {
    const { kit, letters, ask } = await begin()
    const owner = new Jar()
    await signInWith(kit, owner)
    const { seed } = await enrolTotp(kit, owner)
    kit.pass(60_000)
    const thief = new Jar()
    await ask(NAME)
    await postJson(kit, thief, '/reset', { token: tokenIn(letters[0]) })
    for (const [path, json] of [
      ['/login/password', { newPassword: NEXT }],
      ['/login/factor', { code: '123456' }],
      ['/factors/totp', {}],
      ['/factors/remove', { id: 'any' }],
      ['/factors/recovery-codes', {}],
      ['/step-up', { password: NEXT }],
    ] as const) {
      const said = await postJson(kit, thief, path, json)
      expect([path, said.status >= 400, thief.value('__Host-Http-session')]).toEqual([path, true, null])
    }
    const own = new Jar()
    await signInWith(kit, own)
    expect((await postJson(kit, own, '/login/factor', { code: codeAt(seed, kit.now()) })).json()['active']).toBe(true)
  })

  test('his own recovery does not set another’s password: what is in progress is sealed, and counts for one account', async () => {
    const { kit, letters, ask } = await begin()
    await ask('eve')
    const thief = new Jar()
    await postJson(kit, thief, '/reset', { token: tokenIn(letters[0]) })
    for (const account of [NAME, 'eve']) {
      const said = await postJson(kit, thief, '/login/password', { newPassword: NEXT, account })
      expect([account, said.status]).toEqual(account === NAME ? [NAME, 200] : ['eve', 401])
    }
    expect((await signInWith(kit, new Jar(), NEXT, 'eve')).status).toBe(200)
    expect(await isHers(kit)).toBe(true)
  })

  test('another website makes no browser ask for a link, nor use one', async () => {
    const { kit, letters, ask } = await begin()
    await ask(NAME)
    const foreign = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
    const jar = new Jar()
    await kit.send({
      path: '/auth/reset',
      query: `token=${tokenIn(letters[0])}`,
      cookies: jar,
      headers: { 'sec-fetch-site': 'cross-site' },
    })
    for (const path of ['/auth/forgot', '/auth/reset'])
      expect((await kit.send({ method: 'POST', path, form: { account: NAME }, cookies: jar, headers: foreign })).status).toBe(403)
    await kit.parts.recovery?.settled()
    expect(letters).toHaveLength(1)
    expect((await postJson(kit, jar, '/reset', {})).status).toBe(200)
  })

  test('a link that was asked for changes nothing: the password goes on, and nobody is signed out', async () => {
    const { kit, ask } = await begin()
    const owner = new Jar()
    await signInWith(kit, owner, PASSWORD)
    await ask(NAME)
    expect((await kit.send({ path: '/auth/session', cookies: owner })).json()['active']).toBe(true)
    expect(await isHers(kit)).toBe(true)
  })
})
