import { beforeEach, describe, expect, test } from 'vitest'
import { Jar, type Kit, makeKit, NAME, PASSWORD } from '../own-endpoints.ts'

const COOKIE = '__Host-Http-language'
let kit: Kit
let letters: { subject: string; text: string }[]
beforeEach(async () => {
  letters = []
  kit = makeKit({ mail: async (letter) => void letters.push(letter) })
  await kit.addAccount()
  const account = (await kit.stores.accounts.findByKey(NAME))!
  await kit.stores.accounts.update(account.id, { mail: 'ada@example.com' })
})

const spoken = async () => (await kit.stores.accounts.findByKey(NAME))?.language
const page = async (path: string, cookies: Jar, accepted: string) =>
  await kit.send({ path, headers: { accept: 'text/html', 'accept-language': accepted, 'sec-fetch-mode': 'navigate' }, cookies })
const choose = async (cookies: Jar, form: Record<string, string>) => {
  const said = await kit.send({ method: 'POST', path: '/auth/language', form, cookies })
  cookies.take(said.setCookies)
  return said
}
const signIn = async (cookies: Jar, accepted: string) => {
  const json = { account: NAME, password: PASSWORD }
  const said = await kit.send({ method: 'POST', path: '/auth/login', json, headers: { 'accept-language': accepted }, cookies })
  cookies.take(said.setCookies)
}

describe('the language of the pages', () => {
  test('is the browser’s, until one is chosen on the page; the choice leads back to the same page', async () => {
    const cookies = new Jar()
    const german = await page('/auth/login', cookies, 'de-AT,en;q=0.5')
    expect(german.text).toContain('<html lang="de">')
    expect(german.text).toMatch(/<button[^>]*name="language" value="en" lang="en"[^>]*>English<\/button>/)
    const said = await choose(cookies, { language: 'en', next: '/auth/login?next=%2Fshop' })
    expect([said.status, said.header('location')]).toEqual([303, '/auth/login?next=%2Fshop'])
    expect(said.setCookies).toEqual([`${COOKIE}=en; Max-Age=31536000; Path=/; Secure; HttpOnly; SameSite=Lax`])
    expect((await page('/auth/login', cookies, 'de-AT')).text).toContain('<html lang="en">')
  })

  test.each(['https://evil.example/', '//evil.example', '/\\evil.example', '/auth/logout', 'javascript:alert(1)'])(
    'does not lead to %s',
    async (next) => {
      expect((await choose(new Jar(), { language: 'de', next })).header('location')).toBe('/')
    },
  )

  test.each(['fr', '', 'DE', 'de; Domain=x', '__proto__'])('is none that there is not: %j', async (language) => {
    const said = await choose(new Jar(), { language })
    expect([said.status, said.setCookies]).toEqual([404, []])
  })

  test('a cookie that somebody planted changes nothing', async () => {
    for (const planted of [`${COOKIE}=fr`, `${COOKIE}="><script>`, `${COOKIE}=de; ${COOKIE}=de`]) {
      const said = await kit.send({ path: '/auth/login', headers: { accept: 'text/html', 'sec-fetch-mode': 'navigate', cookie: planted } })
      expect(said.text).toContain('<html lang="en">')
    }
  })

  test('another site cannot choose it', async () => {
    const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }
    const said = await kit.send({ method: 'POST', path: '/auth/language', form: { language: 'de' }, headers })
    expect([said.status, said.setCookies]).toEqual([403, []])
  })
})

describe('the language of letters', () => {
  test('is that of the page on which the account first signed in, and stays when another browser speaks another one', async () => {
    expect(await spoken()).toBeNull()
    await signIn(new Jar(), 'de')
    expect(await spoken()).toBe('de')
    await signIn(new Jar(), 'en')
    expect(await spoken()).toBe('de')
  })

  test('is changed on any page of one’s own; a stranger’s choice is of his browser alone', async () => {
    const cookies = new Jar()
    await signIn(cookies, 'de')
    await choose(new Jar(), { language: 'en' })
    expect(await spoken()).toBe('de')
    await choose(cookies, { language: 'en', next: '/auth/sessions' })
    expect(await spoken()).toBe('en')
  })

  test('a new password is mailed in it, whatever the browser speaks in which it is asked for', async () => {
    await signIn(new Jar(), 'de')
    await kit.send({ method: 'POST', path: '/auth/forgot', json: { account: NAME }, headers: { 'accept-language': 'en' } })
    await kit.parts.recovery?.settled()
    expect(letters.map(({ subject }) => subject)).toEqual(['Ein neues Passwort für Shop'])
  })
})
