import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Kit, PASSWORD, startKit } from '../kit.ts'
import { executable, launchChromium } from './chromium.ts'

describe.skipIf(executable === null)('CSRF-01 CSRF-07 a page of another site, in a real browser', () => {
  let kit: Kit
  let evil: Server
  let port = 0
  let browser: Browser
  let context: BrowserContext
  let page: Page
  let target = ''
  let site = ''

  beforeAll(async () => {
    site = mkdtempSync(join(tmpdir(), 'cloakroom-site-'))
    writeFileSync(join(site, 'index.html'), '<!doctype html><title>Shop</title>')
    kit = await startKit({ config: { site } })
    evil = createServer((_request, response) => response.setHeader('content-type', 'text/html').end('<title>Evil</title><body></body>'))
    await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve))
    port = (evil.address() as AddressInfo).port
    browser = await launchChromium()
    context = await browser.newContext()
    page = await context.newPage()
    target = `${kit.origin}/api/shop/orders`
    await page.goto(kit.origin)
    await page.evaluate(
      `fetch('/auth/login', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ account: 'ada', password: '${PASSWORD}' }) })`,
    )
  })
  afterAll(async () => {
    await browser?.close()
    evil?.closeAllConnections()
    await new Promise((resolve) => evil?.close(resolve))
    await kit?.close()
    rmSync(site, { recursive: true })
  })
  let before = 0
  beforeEach(() => {
    before = kit.upstream.requests.length
  })

  /** Waits until the browser has an answer to what the script sent, whatever it is. */
  const sends = async (script: string, of = target): Promise<number> => {
    const answer = context.waitForEvent('response', { predicate: (response) => response.url().startsWith(of), timeout: 10_000 })
    await page.evaluate(script)
    return (await answer).status()
  }
  const arrived = (): number => kit.upstream.requests.length - before

  test('our own page’s call arrives', async () => {
    await page.goto(kit.origin)
    expect(
      await sends(
        `fetch('${target}', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }).then(() => 1, () => 1)`,
      ),
    ).toBe(200)
    expect(arrived()).toBe(1)
  })

  // Another port of the same host is the same site: SameSite=Strict sends the cookie, and the gateway alone says no.
  describe.each([
    ['the same site', () => `http://localhost:${port}/`],
    ['another site', () => `http://127.0.0.1:${port}/`],
  ])('from %s', (_what, url) => {
    beforeEach(async () => {
      await page.goto(url())
      before = kit.upstream.requests.length
    })

    /** The browser hides refused answers from such a page (Cross-Origin-Resource-Policy), so the gateway's own record is asked. */
    const refusals = (): number =>
      kit.auditLines().filter(({ reason, target: of }) => reason === 'cross_site' && String(of).endsWith('/api/shop/orders')).length
    const ended = (): Promise<unknown> => {
      const ours = { predicate: (request: { url(): string }) => request.url() === target, timeout: 10_000 }
      return Promise.any([context.waitForEvent('requestfinished', ours), context.waitForEvent('requestfailed', ours)])
    }

    test.each([
      [
        'fetch without CORS',
        (to: string) =>
          `fetch('${to}', { method: 'POST', mode: 'no-cors', credentials: 'include', body: '{"product":"tea"}' }).then(() => 1, () => 1)`,
      ],
      [
        'fetch without a body',
        (to: string) => `fetch('${to}', { method: 'POST', mode: 'no-cors', credentials: 'include' }).then(() => 1, () => 1)`,
      ],
      ['a beacon', (to: string) => `navigator.sendBeacon('${to}', new Blob(['{}'], { type: 'text/plain' }))`],
      ['a picture', (to: string) => `new Image().src = '${to}'; 1`],
      ['a script', (to: string) => `document.head.appendChild(Object.assign(document.createElement('script'), { src: '${to}' })); 1`],
      ['a form as text/plain', form('text/plain')],
      ['a form', form('application/x-www-form-urlencoded')],
      ['a form with files', form('multipart/form-data')],
    ])('%s is refused, and nothing arrives', async (_how, script) => {
      const known = refusals()
      const over = ended()
      await page.evaluate(script(target))
      await over
      await expect.poll(refusals, { interval: 20, timeout: 5000 }).toBe(known + 1)
      expect(arrived()).toBe(0)
    })

    test('CSRF-11 CSRF-14 a call with our field gets no further than its preflight', async () => {
      const script = `fetch('${target}', { method: 'POST', credentials: 'include', headers: { 'x-csrf': '1', 'content-type': 'application/json' }, body: '{}' }).then(() => 'read', () => 'blocked')`
      expect(await page.evaluate(script)).toBe('blocked')
      expect(arrived()).toBe(0)
    })

    test('SES-14 CSRF-10 nobody is signed out, or in as somebody else', async () => {
      for (const path of ['logout', 'login', 'visit']) {
        expect(await sends(form('application/x-www-form-urlencoded')(`${kit.origin}/auth/${path}`), `${kit.origin}/auth/${path}`)).toBe(403)
      }
      await page.goto(kit.origin)
      expect(await page.evaluate(`fetch('/auth/session').then((answer) => answer.json())`)).toMatchObject({ active: true, account: 'ada' })
    })
  })
})

/** A form into a new frame, so that the page stays where it is. */
function form(type: string): (to: string) => string {
  return (to) => `(() => {
    const frame = document.body.appendChild(Object.assign(document.createElement('iframe'), { name: 'f' + Math.random() }))
    const made = Object.assign(document.createElement('form'), { method: 'post', action: '${to}', enctype: '${type}', target: frame.name })
    made.appendChild(Object.assign(document.createElement('input'), { name: '{"product":"tea","x":"', value: '"}' }))
    document.body.appendChild(made).submit()
  })()`
}
