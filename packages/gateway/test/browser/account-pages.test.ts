import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Browser, BrowserContext, BrowserContextOptions, CDPSession, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { COMMAND } from '../../src/audit/event.ts'
import type { Policy } from '../../src/decide/policy.ts'
import { NAME, PASSWORD } from '../own-endpoints.ts'
import { codeAt } from '../second-factor.ts'
import { executable, launchChromium } from './chromium.ts'
import { type Served, serveOwn } from './serve-own.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** A folder for screenshots, to look at; none without it. */
const SHOTS = process.env['SHOTS'] ?? null

describe.skipIf(executable === null)('second factors and passkeys in a browser', () => {
  let browser: Browser
  const open: { close(): Promise<void> }[] = []
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close()
  })
  afterAll(() => browser.close())

  async function serve(change: Partial<Policy> = {}): Promise<Served> {
    const served = await serveOwn({}, change)
    open.push({
      close() {
        served.server.close()
        served.server.closeAllConnections()
        return Promise.resolve()
      },
    })
    return served
  }

  async function newPage(options: BrowserContextOptions = {}): Promise<{ page: Page; context: BrowserContext }> {
    const context = await browser.newContext(options)
    open.push(context)
    return { page: await context.newPage(), context }
  }

  /** A device with a fingerprint reader that always says yes. */
  async function addDevice(context: BrowserContext, page: Page): Promise<{ cdp: CDPSession; id: string }> {
    const cdp = await context.newCDPSession(page)
    await cdp.send('WebAuthn.enable')
    const options = {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    } as const
    const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options })
    return { cdp, id: authenticatorId }
  }

  async function signIn(page: Page, { origin }: Served, next = ''): Promise<void> {
    await page.goto(`${origin}/auth/login${next}`)
    await page.fill('#account', NAME)
    await page.fill('#password', PASSWORD)
    await page.press('#password', 'Enter')
    await page.waitForLoadState()
  }

  async function addPasskey(page: Page, { origin }: Served): Promise<void> {
    await page.goto(`${origin}/auth/factors`)
    await page.getByRole('button', { name: 'Add a passkey' }).click()
    await page.getByRole('heading', { name: 'Recovery codes' }).waitFor()
  }

  async function addApp(page: Page, served: Served): Promise<string> {
    await page.goto(`${served.origin}/auth/factors/totp`)
    const seed = ((await page.textContent('code')) ?? '').replaceAll(' ', '')
    await page.fill('#code', codeAt(seed, served.kit.now()))
    await page.press('#code', 'Enter')
    await page.getByRole('heading', { name: /Recovery codes|Second factor/ }).waitFor()
    return seed
  }

  test('MFA-07 a passkey is added, is the second factor, confirms, and signs in alone, without name or password', async () => {
    const served = await serve()
    const { page, context } = await newPage()
    await addDevice(context, page)
    await signIn(page, served)
    await addPasskey(page, served)
    expect(await page.locator('ol.codes li').count()).toBe(10)
    await page.getByRole('link', { name: 'I have kept them' }).click()
    expect(await page.textContent('[role=status]:has(p)')).toContain('Everywhere else your account is signed out.')

    await context.clearCookies()
    await signIn(page, served, '?next=/orders')
    await page.getByRole('button', { name: 'Use a passkey' }).click()
    await page.waitForURL(`${served.origin}/orders`)

    served.kit.pass(300_000)
    await page.goto(`${served.origin}/auth/factors`)
    expect(await page.textContent('h1')).toBe('Confirm that it is you')
    await page.getByRole('button', { name: 'Use a passkey' }).click()
    await page.waitForURL(`${served.origin}/auth/factors`)

    await context.clearCookies()
    await page.goto(`${served.origin}/auth/login?next=/orders`)
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await page.waitForURL(`${served.origin}/orders`)
    expect(served.kit.events.some(({ kind, detail }) => kind === 'login.succeeded' && detail['factor'] === 'passkey')).toBe(true)
  })

  test('a device that says no, or has no key, leads back to the other ways', async () => {
    const served = await serve()
    const { page, context } = await newPage()
    const { cdp, id } = await addDevice(context, page)
    await page.goto(`${served.origin}/auth/login`)
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await page.getByText('The passkey was not used.').waitFor({ timeout: 20_000 })
    await signIn(page, served)
    await addPasskey(page, served)
    await context.clearCookies()
    await cdp.send('WebAuthn.setUserVerified', { authenticatorId: id, isUserVerified: false })
    await page.goto(`${served.origin}/auth/login`)
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await page.getByText('The passkey was not used.').waitFor({ timeout: 20_000 })
    expect(new URL(page.url()).pathname).toBe('/auth/login')
  })

  test('MFA-10 what another origin got out of the device opens nothing here', async () => {
    const here = await serve()
    const there = await serve()
    const { page, context } = await newPage()
    await addDevice(context, page)
    await signIn(page, here)
    await addPasskey(page, here)
    await context.clearCookies()
    // Another port of the same host is another origin with the same RP ID: the nearest that a wrong origin can come.
    await page.goto(`${here.origin}/auth/login`)
    const asked = await page.evaluate(async () => {
      const answer = await fetch('/auth/passkey/options', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ for: 'sign-in' }),
      })
      return (await answer.json()) as unknown
    })
    const ceremony = await context.cookies()
    await page.goto(`${there.origin}/auth/login`)
    const phished = await page.evaluate(async (options) => {
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options as PublicKeyCredentialRequestOptionsJSON)
      const credential = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential
      return JSON.stringify(credential.toJSON())
    }, asked)
    expect(JSON.parse(Buffer.from(JSON.parse(phished).response.clientDataJSON, 'base64url').toString()).origin).toBe(there.origin)
    await context.clearCookies()
    await context.addCookies(ceremony)
    await page.goto(`${here.origin}/auth/login`)
    const status = await page.evaluate(async (passkey) => {
      const headers = { 'content-type': 'application/json' }
      return (await fetch('/auth/login/passkey', { method: 'POST', headers, body: JSON.stringify({ passkey }) })).status
    }, phished)
    expect(status).toBe(401)
  })

  test('MFA-22 without JavaScript: an app, its codes, a recovery code, a forced reset', async () => {
    const served = await serve()
    const { page, context } = await newPage({ javaScriptEnabled: false })
    await signIn(page, served)
    const seed = await addApp(page, served)
    const recovery = (await page.textContent('ol.codes li code')) ?? ''
    await context.clearCookies()
    await signIn(page, served)
    expect(await page.getByRole('button', { name: 'Use a passkey' }).count()).toBe(0)
    await page.fill('#code', recovery)
    await page.press('#code', 'Enter')
    await page.waitForURL(`${served.origin}/`)
    await served.kit.parts.accounts.forceReset(NAME, { at: served.kit.now(), actor: COMMAND })
    served.kit.pass(60_000)
    await page.goto(`${served.origin}/auth/factors`)
    expect(await page.textContent('h1')).toBe('Sign in')
    await signIn(page, served)
    await page.fill('#code', codeAt(seed, served.kit.now()))
    await page.press('#code', 'Enter')
    await page.waitForLoadState()
    expect(await page.textContent('h1')).toBe('Choose a new password')
    await page.fill('#newPassword', 'violet crayons on paper')
    await page.fill('#newPasswordAgain', 'violet crayons on paper')
    await page.press('#newPasswordAgain', 'Enter')
    await page.waitForURL(`${served.origin}/`)
    await page.goto(`${served.origin}/auth/login`)
    expect(await page.textContent('h1')).toBe('You are signed in')
  })

  async function violations(page: Page): Promise<string[]> {
    await page.evaluate(AXE)
    const found = await page.evaluate(async () => {
      const { axe } = globalThis as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }> }
      }
      return (await axe.run()).violations
    })
    return found.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`))
  }

  test.each([
    ['light', 1100, 'en'],
    ['dark', 320, 'de'],
  ] as const)('everybody can read and use the pages: %s, %d pixels wide, %s', async (colorScheme, width, locale) => {
    const served = await serve({ secondFactor: { kind: 'required' } })
    const { page, context } = await newPage({ colorScheme, viewport: { width, height: 720 }, locale })
    await addDevice(context, page)
    const found: Record<string, readonly string[]> = {}
    const look = async (name: string): Promise<void> => {
      found[name] = await violations(page)
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
      expect(overflow, `${name} scrolls sideways`).toBe(0)
      if (SHOTS === null) return
      mkdirSync(SHOTS, { recursive: true })
      await page.screenshot({ path: join(SHOTS, `${name}-${colorScheme}.png`), fullPage: true })
    }
    await page.goto(`${served.origin}/auth/login`)
    await look('sign-in')
    await signIn(page, served)
    await look('enrol')
    const seed = ((await page.textContent('code')) ?? '').replaceAll(' ', '')
    await page.fill('#code', '000000')
    await page.press('#code', 'Enter')
    await page.waitForSelector('[role=alert]')
    await look('enrol-refused')
    await page.fill('#code', codeAt(seed, served.kit.now()))
    await page.press('#code', 'Enter')
    await page.waitForSelector('ol.codes')
    await look('recovery-codes')
    await page.goto(`${served.origin}/auth/factors`)
    await look('factors')
    await page.locator('form[data-passkey] button').click()
    await page.waitForURL(/changed/)
    await look('factors-two')
    served.kit.pass(300_000)
    await page.goto(`${served.origin}/auth/factors`)
    await look('step-up')
    await context.clearCookies()
    await signIn(page, served)
    await look('second-factor')
    await page.fill('#code', '000000')
    await page.press('#code', 'Enter')
    await page.waitForSelector('[role=alert]')
    await look('second-factor-refused')
    await served.kit.parts.accounts.forceReset(NAME, { at: served.kit.now(), actor: COMMAND })
    await signIn(page, served)
    await page.fill('#code', codeAt(seed, served.kit.now()))
    await page.press('#code', 'Enter')
    await page.waitForSelector('#newPassword')
    await look('new-password')
    expect(await page.getAttribute('html', 'lang')).toBe(locale)
    expect(found).toEqual(Object.fromEntries(Object.keys(found).map((name) => [name, []])))
  })
})
