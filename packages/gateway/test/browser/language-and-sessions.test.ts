import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { NAME, PASSWORD } from '../own-endpoints.ts'
import { executable, launchChromium } from './chromium.ts'
import { type Served, serveOwn } from './serve-own.ts'

/** A folder for screenshots, to look at; none without it. */
const SHOTS = process.env['SHOTS'] ?? null

describe.skipIf(executable === null)('a person with several browsers', () => {
  let browser: Browser
  let served: Served
  const open: { close(): Promise<void> }[] = []
  beforeAll(async () => {
    browser = await launchChromium()
  })
  beforeEach(async () => {
    served = await serveOwn()
  })
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close()
    served.server.close()
    served.server.closeAllConnections()
  })
  afterAll(() => browser.close())

  async function newPage(options: BrowserContextOptions): Promise<Page> {
    const context = await browser.newContext(options)
    open.push(context)
    return await context.newPage()
  }
  async function signIn(page: Page): Promise<void> {
    await page.goto(`${served.origin}/auth/login?next=%2Fauth%2Fsessions`)
    await page.fill('#account', NAME)
    await page.fill('#password', PASSWORD)
    await page.press('#password', 'Enter')
    await page.waitForSelector('.sessions')
  }
  async function shoot(page: Page, name: string): Promise<void> {
    if (SHOTS === null) return
    mkdirSync(SHOTS, { recursive: true })
    await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true })
  }

  test('chooses another language below the page, without a script, and stays where she was', async () => {
    const page = await newPage({ locale: 'de-DE', javaScriptEnabled: false })
    await page.goto(`${served.origin}/auth/login?next=%2Fcart`)
    expect(await page.locator('h1').textContent()).toBe('Anmelden')
    await page.getByRole('button', { name: 'English' }).press('Enter')
    await page.waitForSelector('html[lang=en]')
    expect(page.url()).toBe(`${served.origin}/auth/login?next=%2Fcart`)
    expect(await page.locator('h1').textContent()).toBe('Sign in')
  })

  test('SES-17 sees each of her devices, which one is this, and signs out all others', async () => {
    const desk = await newPage({ locale: 'en', colorScheme: 'light', viewport: { width: 1000, height: 800 } })
    const phone = await newPage({ locale: 'de-DE', colorScheme: 'dark', viewport: { width: 360, height: 740 } })
    await signIn(desk)
    await signIn(phone)
    await shoot(phone, 'two-sessions-phone')
    expect(await phone.locator('.sessions li').count()).toBe(2)
    expect(await phone.locator('.sessions li:has(.tag)').count()).toBe(1)
    await desk.reload()
    await shoot(desk, 'two-sessions-desk')
    await desk.getByRole('button', { name: 'Sign out everywhere else' }).click()
    await desk.waitForFunction(() => document.querySelectorAll('.sessions li').length === 1)
    await phone.reload()
    await phone.waitForSelector('#password')
    // Letters are in the language in which the account first signed in.
    expect((await served.kit.stores.accounts.findByKey(NAME))?.language).toBe('en')
  })
})
