import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rulesOf } from '../guard-kit.ts'
import { type Kit, startKit } from '../kit.ts'
import { executable, launchChromium } from './chromium.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** Set to a folder to look at the pages oneself. */
const SHOTS = process.env['CLOAKROOM_SHOTS']

describe.skipIf(executable === null)('RATE-12 a visitor who is challenged', () => {
  let browser: Browser
  let kit: Kit
  let site = ''
  beforeAll(async () => {
    site = mkdtempSync(join(tmpdir(), 'cloakroom-challenged-'))
    writeFileSync(join(site, 'index.html'), '<!doctype html><html lang="en"><title>The shop</title><h1>The shop</h1></html>')
    mkdirSync(join(site, 'orders'))
    writeFileSync(join(site, 'orders/index.html'), '<!doctype html><html lang="en"><title>Orders</title><h1>Orders</h1></html>')
    kit = await startKit({
      config: { site },
      guard: rulesOf({ id: 'prove-it', when: 'route.id == "site"', does: '{ challenge: { pow: medium, else: { block: 403 } } }' }),
    })
    browser = await launchChromium()
  }, 60_000)
  afterAll(async () => {
    await browser.close()
    await kit.close()
    rmSync(site, { recursive: true })
  })

  async function visit(options: BrowserContextOptions, look: (page: Page) => Promise<void>): Promise<void> {
    const context = await browser.newContext({ viewport: { width: 900, height: 640 }, ...options })
    try {
      const page = await context.newPage()
      const strange: string[] = []
      page.on('console', (message) => {
        // The 403 that the challenge is, and the 404 of a site without an icon.
        if (message.type() === 'error' && !/40[34]/.test(message.text())) strange.push(message.text())
      })
      page.on('pageerror', (error) => strange.push(error.message))
      page.on('request', (request) => {
        if (!request.url().startsWith(kit.origin)) strange.push(`a third party: ${request.url()}`)
      })
      await look(page)
      expect(strange).toEqual([])
    } finally {
      await context.close()
    }
  }

  const shoot = async (page: Page, name: string) => void (SHOTS && (await page.screenshot({ path: join(SHOTS, `${name}.png`) })))

  test('waits a moment, does nothing, and is where he was going; the next page opens at once', async () => {
    await visit({}, async (page) => {
      await page.goto(`${kit.origin}/orders/?page=2`)
      await page.waitForURL(`${kit.origin}/orders/?page=2`)
      await page.getByRole('heading', { name: 'Orders' }).waitFor({ timeout: 60_000 })
      expect((await page.goto(`${kit.origin}/`))?.status()).toBe(200)
      expect(await page.evaluate(() => document.cookie)).toBe('')
    })
  }, 90_000)

  test.each([
    ['en-GB', 'One moment', 'The check is running.'],
    ['de-AT', 'Einen Augenblick', 'Die Prüfung läuft.'],
  ])(
    '%s: sees a page that says what happens, light and dark, on a phone, and that axe finds no fault with',
    async (locale, title, said) => {
      const looks = {
        light: { colorScheme: 'light' },
        dark: { colorScheme: 'dark' },
        phone: { viewport: { width: 320, height: 640 } },
      } as const
      for (const [look, options] of Object.entries(looks)) {
        await visit({ locale, ...options }, async (page) => {
          // The work takes for ever, so that the page stays.
          await page.addInitScript('crypto.subtle.deriveBits = () => new Promise(() => undefined)')
          await page.goto(kit.origin)
          await page.getByRole('progressbar').waitFor()
          expect(await page.getByRole('heading').textContent()).toBe(title)
          expect(await page.getByRole('status').textContent()).toBe(said)
          expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
          await shoot(page, `challenge-${locale}-${look}`)
          await page.evaluate(AXE)
          const found = await page.evaluate('axe.run().then(({ violations }) => violations.map(({ id }) => id))')
          expect(found).toEqual([])
        })
      }
    },
    90_000,
  )

  test('whoever reads German is told in German why it does not work', async () => {
    await visit({ locale: 'de-DE' }, async (page) => {
      await page.addInitScript("Object.defineProperty(Navigator.prototype, 'cookieEnabled', { get: () => false })")
      await page.goto(kit.origin)
      await page.getByRole('alert').waitFor({ timeout: 30_000 })
      expect(await page.getByRole('alert').textContent()).toContain('behält keine Cookies')
      await page.getByRole('link', { name: 'Noch einmal versuchen' }).waitFor()
    })
    await visit({ locale: 'de-DE', javaScriptEnabled: false }, async (page) => {
      await page.goto(kit.origin)
      expect((await page.locator('main').textContent()) ?? '').toContain('braucht JavaScript')
      await page.getByRole('link', { name: 'Anmelden' }).waitFor()
      await shoot(page, 'challenge-de-no-script')
    })
  }, 60_000)

  test('without JavaScript he is told what is missing and what he can do', async () => {
    await visit({ javaScriptEnabled: false }, async (page) => {
      await page.goto(kit.origin)
      const text = (await page.locator('main').textContent()) ?? ''
      expect(text).toContain('needs JavaScript')
      await shoot(page, 'challenge-no-script')
    })
  }, 60_000)

  test('in a browser that keeps no cookies he is not sent round in circles', async () => {
    await visit({}, async (page) => {
      await page.addInitScript("Object.defineProperty(Navigator.prototype, 'cookieEnabled', { get: () => false })")
      await page.goto(kit.origin)
      await page.getByRole('alert').waitFor({ timeout: 30_000 })
      expect(await page.getByRole('alert').textContent()).toContain('keeps no cookies')
      await shoot(page, 'challenge-no-cookies')
    })
  }, 60_000)

  test('a script without a browser is not let through, whatever it says of itself', async () => {
    for (const agent of ['curl/8.5.0', 'Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0 Safari/537.36']) {
      const headers = { 'user-agent': agent, accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'none' }
      for (let n = 0; n < 3; n += 1) {
        const answer = await fetch(`${kit.origin}/orders/`, { headers, redirect: 'manual' })
        expect(answer.status).toBe(403)
        expect(await answer.text()).not.toContain('<h1>Orders</h1>')
      }
    }
  })
})
