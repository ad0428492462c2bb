import { describe, expect, test } from 'vitest'
import { COMMAND } from '../../src/audit/event.ts'
import { Jar, type Kit, makeKit, PASSWORD, type Said } from '../own-endpoints.ts'

/** Each would become an element, an attribute or a script if one value were written down as it came. */
const PAYLOADS = [
  '<script>alert(1)</script>',
  '"><script>alert(1)</script>',
  `'><img src=x onerror=alert(1)>`,
  '" autofocus onfocus="alert(1)',
  `' onfocus='alert(1)`,
  '</title><script>alert(1)</script>',
  '--><script>alert(1)</script>',
  '</style><script>',
  '<svg/onload=alert(1)>',
  '&lt;script&gt;',
  '${alert(1)}',
  '{{alert(1)}}',
  '`onload=alert(1)`',
  'javascript:alert(1)',
  '\u2028<script>',
]

/** The tags of a page: what a browser would build, attribute values aside. */
function shape({ text }: Said): string[] {
  return [...text.matchAll(/<(\/?[a-z][a-z0-9]*)((?:\s+[a-z-]+(?:="[^"]*")?)*)\s*\/?>/gi)].map((tag) => {
    const names = [...(tag[2] ?? '').matchAll(/\s([a-z-]+)(?:="[^"]*")?/gi)].map((attribute) => attribute[1])
    return `${tag[1] ?? ''} ${names.join(' ')}`
  })
}

function expectHarmless(said: Said, plain: Said, payload: string): void {
  expect(
    shape(said).filter((tag) => !tag.includes('autofocus')),
    payload,
  ).toEqual(shape(plain).filter((tag) => !tag.includes('autofocus')))
  expect(said.text.toLowerCase().split('<script').length, payload).toBe(2)
  expect(said.text).not.toMatch(/<[^>]*\son[a-z]+\s*=\s*"/i)
}

async function signInAs(kit: Kit, account: string): Promise<Jar> {
  const cookies = new Jar()
  await kit.send({ method: 'POST', path: '/auth/login', json: { account, password: PASSWORD }, cookies })
  return cookies
}

describe('script in the gateway’s own pages', () => {
  test.each(PAYLOADS)('C13 %s as a name or as a place to go does not change the sign-in page', async (payload) => {
    const kit = makeKit()
    const plain = await kit.send({ method: 'POST', path: '/auth/login', form: { account: 'ada', password: 'x', next: '/' } })
    const echoed = await kit.send({
      method: 'POST',
      path: '/auth/login',
      form: { account: payload, password: payload, next: `/${payload}` },
    })
    expectHarmless(echoed, plain, payload)
    const opened = await kit.send({ path: '/auth/login', query: `next=${encodeURIComponent(`/x?${payload}`)}` })
    expectHarmless(opened, await kit.send({ path: '/auth/login' }), payload)
  })

  test.each(PAYLOADS.filter((payload) => !payload.includes('\u2028')))(
    'C13 an account that is called %s changes no page',
    async (payload) => {
      const kit = makeKit()
      await kit.addAccount()
      const [plain, evil] = [await signInAs(kit, 'ada'), new Jar()]
      await kit.parts.accounts.add({ name: payload, password: PASSWORD, roles: [] }, { at: kit.now(), actor: COMMAND })
      await kit.send({ method: 'POST', path: '/auth/login', json: { account: payload, password: PASSWORD }, cookies: evil })
      for (const path of ['/auth/login', '/auth/password']) {
        const said = await kit.send({ path, cookies: evil })
        expect(said.text).toContain(path === '/auth/login' ? 'You are signed in' : 'Change password')
        expectHarmless(said, await kit.send({ path, cookies: plain }), payload)
      }
    },
  )

  test.each(PAYLOADS)('C13 a website that is called %s changes no page', async (name) => {
    const [kit, plain] = [makeKit({ theme: { name } }), makeKit()]
    for (const path of ['/auth/login', '/auth/nothing']) {
      const headers = { 'sec-fetch-mode': 'navigate' }
      expectHarmless(await kit.send({ path, headers }), await plain.send({ path, headers }), name)
    }
  })

  test('C13 a colour is a colour: nothing else can come into the style sheet', () => {
    for (const colour of ['red', '#12345', '#1234567', '#12345g', '#fff;}body{background:url(//evil.example)}', 'url(x)', '#fff\n']) {
      expect(() => makeKit({ theme: { colour } }), colour).toThrow('#rrggbb')
    }
  })

  test('HDR-05 every page forbids inline script, plug-ins, another base and being framed; everything else forbids all', async () => {
    const kit = makeKit()
    await kit.addAccount()
    const cookies = await signInAs(kit, 'ada')
    const headers = { 'sec-fetch-mode': 'navigate' }
    const pages = [
      await kit.send({ path: '/auth/login' }),
      await kit.send({ path: '/auth/login', cookies }),
      await kit.send({ path: '/auth/password', cookies }),
      await kit.send({ path: '/auth/nothing', headers }),
      await kit.send({ method: 'POST', path: '/auth/login', form: { account: 'x', password: 'y' } }),
    ]
    for (const page of pages) {
      const policy = page.header('content-security-policy')?.split('; ') ?? []
      expect(policy).toEqual(
        expect.arrayContaining([
          "default-src 'none'",
          "script-src 'self'",
          "object-src 'none'",
          "base-uri 'none'",
          "frame-ancestors 'none'",
          "form-action 'self'",
        ]),
      )
      expect(policy.join()).not.toContain('unsafe')
      expect(page.header('content-type')).toBe('text/html; charset=utf-8')
      expect(page.text).not.toMatch(/<script(?![^>]*\bsrc=)|\sstyle=|<style/i)
    }
    for (const said of [
      await kit.send({ path: '/auth/session' }),
      await kit.send({ path: '/auth/nothing' }),
      await kit.send({ method: 'POST', path: '/auth/logout' }),
    ]) {
      expect(said.header('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'; sandbox")
    }
  })
})
