import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { COMMAND } from '../../src/audit/event.ts'
import type { Provider } from '../../src/decide/provider.ts'
import { letterBox, tokenIn } from '../mail-server.ts'
import { NAME, PASSWORD } from '../own-endpoints.ts'
import { executable, launchChromium } from './chromium.ts'
import { type Served, serveOwn } from './serve-own.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** A folder for screenshots, to look at; none without it. */
const SHOTS = process.env['SHOTS'] ?? null
const NEXT = 'violet crayons on paper'

function providerOf(name: string, label: string): Provider {
  return {
    name,
    label,
    issuer: `https://${name}.example`,
    clientId: 'shop',
    clientAuth: 'client_secret_basic',
    credential: 'client',
    scopes: [],
    algorithm: 'RS256',
    parameters: {},
    nameClaim: 'name',
    admit: { kind: 'known' },
    roles: null,
    acr: [],
    maxAgeMs: null,
    demandPkce: true,
    endSession: true,
    frontChannelLogout: false,
    privateNetwork: false,
  }
}

describe.skipIf(executable === null)('every account page', () => {
  let browser: Browser
  const open: { close(): Promise<void> }[] = []
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close()
  })
  afterAll(() => browser.close())

  async function serve(): Promise<{ served: Served; lastToken: () => Promise<string> }> {
    const box = letterBox()
    const providers = [providerOf('acme', 'Acme'), providerOf('initech', 'Initech')]
    const served = await serveOwn({}, { providers }, { mail: box.send })
    const { kit, server } = served
    open.push({
      close() {
        server.close()
        server.closeAllConnections()
        return Promise.resolve()
      },
    })
    await kit.parts.accounts.setMail(NAME, 'ada@example.com', { at: kit.now(), actor: COMMAND })
    const [ada] = await kit.stores.accounts.list()
    const identity = {
      issuer: 'https://acme.example',
      subject: 's',
      account: ada?.id ?? '',
      roles: [],
      linkedAt: kit.now(),
      lastLoginAt: null,
    }
    await kit.stores.identities.insert(identity)
    const lastToken = async (): Promise<string> => {
      await kit.parts.recovery?.settled()
      return tokenIn(box.letters.at(-1))
    }
    return { served, lastToken }
  }

  async function newPage(options: BrowserContextOptions = {}): Promise<{ page: Page; context: BrowserContext }> {
    const context = await browser.newContext(options)
    open.push(context)
    return { page: await context.newPage(), context }
  }

  async function violations(page: Page): Promise<string[]> {
    await page.evaluate(AXE)
    const found = await page.evaluate(async () => {
      const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }
      return (await axe.run()).violations
    })
    return found.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
  }

  /** Each page in its place, as `look` sees it. */
  async function through(
    page: Page,
    served: Served,
    lastToken: () => Promise<string>,
    look: (name: string) => Promise<void>,
  ): Promise<void> {
    const go = (path: string) => page.goto(`${served.origin}/auth${path}`)
    await go('/login')
    await look('sign-in')
    await go('/forgot')
    await look('forgot')
    await page.fill('#account', NAME)
    await page.press('#account', 'Enter')
    await page.waitForSelector('#account', { state: 'detached' })
    await look('mailed')
    await go(`/reset?token=${await lastToken()}`)
    await look('reset')
    await page.press('button[type=submit]', 'Enter')
    await page.waitForSelector('#newPassword')
    await look('new-password')
    await page.fill('#newPassword', NEXT)
    await page.fill('#newPasswordAgain', NEXT)
    await page.press('#newPasswordAgain', 'Enter')
    await page.waitForSelector('[role=status]:has(p)')
    await look('recovered')
    await go('/reset')
    await look('outdated-link')
    await served.kit.parts.accounts.forceReset(NAME, { at: served.kit.now(), actor: COMMAND })
    await go('/login')
    await page.fill('#account', NAME)
    await page.fill('#password', NEXT)
    await page.press('#password', 'Enter')
    await page.waitForSelector('#password', { state: 'detached' })
    await look('mail-link')
    await served.kit.parts.accounts.setPassword(NAME, PASSWORD, { at: served.kit.now(), actor: COMMAND })
    await page.context().clearCookies()
    await go('/login')
    await page.fill('#account', NAME)
    await page.fill('#password', PASSWORD)
    await page.press('#password', 'Enter')
    await page.waitForURL(`${served.origin}/`)
    for (const path of ['login', 'identities', 'password', 'sessions', 'factors', 'factors/totp', 'nowhere']) {
      await go(`/${path}`)
      await look(path.replace('/', '-'))
    }
    served.kit.pass(360_000)
    await go('/factors')
    await look('step-up')
  }

  test.each([
    ['a screen in English', { colorScheme: 'light', viewport: { width: 1280, height: 800 }, locale: 'en' }],
    [
      'a phone in German, in the dark',
      { colorScheme: 'dark', viewport: { width: 320, height: 640 }, locale: 'de', isMobile: true, hasTouch: true },
    ],
    // WCAG 1.4.4 and 1.4.10: zooming to 200 % and 400 % is a viewport of half and a quarter of the width.
    ['200 % of a screen', { colorScheme: 'light', viewport: { width: 640, height: 400 }, deviceScaleFactor: 2, locale: 'en' }],
  ] as const)(
    'is read and used on %s: axe finds nothing, nothing scrolls sideways, one language',
    async (what, options) => {
      const { served, lastToken } = await serve()
      const { page } = await newPage(options)
      const found: Record<string, unknown> = {}
      await through(page, served, lastToken, async (name) => {
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
        found[name] = [await violations(page), overflow, await page.getAttribute('html', 'lang')]
        if (options.locale === 'de') {
          // Words that only the English pages have.
          const text = (await page.textContent('main')) ?? ''
          expect(text, name).not.toMatch(/\b(?:the|your|with|password|Continue|Back|Link with)\b/)
        }
        if (SHOTS === null) return
        mkdirSync(SHOTS, { recursive: true })
        await page.screenshot({ path: join(SHOTS, `${what.slice(0, 7).trim().replaceAll(' ', '-')}-${name}.png`), fullPage: true })
      })
      expect(found).toEqual(Object.fromEntries(Object.keys(found).map((name) => [name, [[], 0, options.locale]])))
      expect(Object.keys(found)).toHaveLength(16)
    },
    120_000,
  )

  test('is used with the keyboard alone: from a forgotten password to a signed-in page, and through all that is there', async () => {
    const { served, lastToken } = await serve()
    const { page } = await newPage({ viewport: { width: 900, height: 700 } })
    const keys = page.keyboard
    /** What has the focus, by what it is called; fails when one cannot see it. */
    const focused = async (): Promise<string> => {
      const [name, outline] = await page.evaluate(() => {
        const element = document.activeElement
        if (element === null || element === document.body) return ['', 'body']
        const label = element instanceof HTMLInputElement ? (element.labels?.[0]?.textContent ?? '') : (element.textContent ?? '')
        return [label.trim().replaceAll(/\s+/g, ' '), getComputedStyle(element).outlineStyle]
      })
      if (name !== '') expect(outline, `the focus on ${name} cannot be seen`).not.toBe('none')
      return name ?? ''
    }
    /** Tab, until it is there. */
    const tabTo = async (wanted: string): Promise<void> => {
      for (let n = 0; n < 40; n++) {
        if ((await focused()) === wanted) return
        await keys.press('Tab')
      }
      throw new Error(`nothing called ${wanted} can be reached with the Tab key`)
    }
    const press = async (wanted: string, to: string): Promise<void> => {
      await tabTo(wanted)
      const loaded = page.waitForEvent('load')
      await keys.press('Enter')
      await loaded
      await page.waitForURL(served.origin + (to === '/' ? to : `/auth${to}`))
    }
    const type = async (field: string, text: string): Promise<void> => {
      await tabTo(field)
      await keys.type(text)
    }
    const heading = () => page.textContent('h1')

    await page.goto(`${served.origin}/auth/login`)
    await press('Forgot your password?', '/forgot')
    await type('Account or mail address', 'ada@example.com')
    await keys.press('Enter')
    await page.waitForSelector('#account', { state: 'detached' })
    expect(await heading()).toBe('Look into your mail')
    await page.goto(`${served.origin}/auth/reset?token=${await lastToken()}`)
    await press('Go on', '/login')
    await type('New password', NEXT)
    await type('New password again', NEXT)
    await press('Set password', '/login')
    expect(await page.textContent('[role=status]:has(p)')).toContain('Your new password is set.')
    await type('Account', NAME)
    await type('Password', NEXT)
    await press('Sign in', '/')
    await page.goto(`${served.origin}/auth/login`)
    expect(await heading()).toBe('You are signed in')
    await press('Linked sign-ins', '/identities')
    await tabTo('Link with Initech')
    await tabTo('Part from Acme')
    await press('Back', '/login')
    await press('Change password', '/password')
    await type('Current password', NEXT)
    await tabTo('Show')
    await keys.press('Space')
    expect(await page.getAttribute('#currentPassword', 'type')).toBe('text')
    await type('New password', PASSWORD)
    await type('New password again', PASSWORD)
    await press('Change password', '/password?changed')
    expect(await page.textContent('[role=status]:has(p)')).toContain('Your password is changed.')
    await press('Back', '/login')
    await press('Where you are signed in', '/sessions')
    await tabTo('Sign out everywhere')
    await press('Back', '/login')
    await press('Second factor', '/factors')
    await press('Add an authenticator app', '/factors/totp')
    await tabTo('Add')
    await page.goto(`${served.origin}/auth/login`)
    await press('Sign out', '/login')
    expect(await heading()).toBe('Sign in')
  }, 120_000)
})
