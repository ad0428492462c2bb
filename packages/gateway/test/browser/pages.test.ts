import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { SESSION_COOKIE } from '../../src/decide/cookies.ts'
import type { ThemeWishes } from '../../src/http/pages/theme.ts'
import { NAME, PASSWORD } from '../own-endpoints.ts'
import { executable, launchChromium } from './chromium.ts'
import { type Served, serveOwn } from './serve-own.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const NEXT_PASSWORD = 'violet crayons on paper'

describe.skipIf(executable === null)('the gateway’s own pages in a browser', () => {
  let browser: Browser
  let served: Served
  const open: { close(): Promise<void> }[] = []

  beforeAll(async () => {
    browser = await launchChromium()
    served = await serveOwn()
  })

  afterEach(async () => {
    for (const one of open.splice(0)) await one.close()
  })

  afterAll(async () => {
    await browser.close()
    served.server.close()
    served.server.closeAllConnections()
  })

  async function newPage(options: BrowserContextOptions = {}): Promise<{ page: Page; context: BrowserContext }> {
    const context = await browser.newContext(options)
    open.push(context)
    return { page: await context.newPage(), context }
  }

  async function signIn(page: Page, { origin }: Served, password = PASSWORD): Promise<void> {
    await page.goto(`${origin}/auth/login`)
    await page.fill('#account', NAME)
    await page.fill('#password', password)
    await page.click('button[type=submit]')
    await page.waitForLoadState()
  }

  /** Each page once, in the state that the name says. */
  async function eachPage(page: Page, where: Served, look: (name: string) => Promise<void>): Promise<void> {
    await page.goto(`${where.origin}/auth/login?next=/orders`)
    await look('sign in')
    await signIn(page, where, 'wrong')
    await look('sign in, refused')
    await page.goto(`${where.origin}/auth/nothing`)
    await look('error')
    await signIn(page, where)
    await page.goto(`${where.origin}/auth/login`)
    await look('signed in')
    await page.goto(`${where.origin}/auth/sessions`)
    await look('sessions')
    await page.goto(`${where.origin}/auth/password`)
    await look('change password')
    await page.fill('#currentPassword', 'wrong')
    await page.fill('#newPassword', NEXT_PASSWORD)
    await page.fill('#newPasswordAgain', NEXT_PASSWORD)
    await page.click('button[type=submit]')
    await page.waitForLoadState()
    await look('change password, refused')
  }

  async function fieldsOf(page: Page): Promise<string[]> {
    return await page.evaluate(() =>
      [...document.querySelectorAll<HTMLInputElement>('input:not([type=hidden])')].map(
        ({ id, type, autocomplete }) => `${id} ${type} ${autocomplete}`,
      ),
    )
  }

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
    ['light', 1100],
    ['light', 320],
    ['dark', 1100],
    ['dark', 320],
  ] as const)('everybody can read and use them: %s, %d pixels wide', async (colorScheme, width) => {
    const { page } = await newPage({ colorScheme, viewport: { width, height: 720 } })
    const found: Record<string, readonly string[]> = {}
    await eachPage(page, await serveAlone(), async (name) => {
      found[name] = await violations(page)
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
      expect(overflow, `${name} scrolls sideways`).toBe(0)
    })
    expect(Object.keys(found)).toHaveLength(7)
    expect(found).toEqual(Object.fromEntries(Object.keys(found).map((name) => [name, []])))
  })

  test.each(['#ffe600', '#0a0a0a', '#777777'])('an accent of %s stays readable in light and dark', async (colour) => {
    const where = await serveAlone({ colour, name: 'A shop whose name is rather long, and longer still' })
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page } = await newPage({ colorScheme, viewport: { width: 320, height: 640 } })
      await page.goto(`${where.origin}/auth/login`)
      expect(await violations(page)).toEqual([])
      await signIn(page, where)
      await page.goto(`${where.origin}/auth/login`)
      expect(await violations(page)).toEqual([])
    }
  })

  test('PWD-15 without JavaScript a person signs in, changes the password and signs out', async () => {
    const where = await serveAlone()
    const { page, context } = await newPage({ javaScriptEnabled: false })
    await signIn(page, where, 'wrong')
    expect(await page.textContent('[role=alert]')).toContain('The name or the password is not right.')
    expect(await page.inputValue('#account')).toBe(NAME)
    await page.fill('#password', PASSWORD)
    await page.click('button[type=submit]')
    await page.waitForURL(`${where.origin}/`)
    await page.goto(`${where.origin}/auth/password`)
    await page.fill('#currentPassword', PASSWORD)
    await page.fill('#newPassword', NEXT_PASSWORD)
    await page.fill('#newPasswordAgain', NEXT_PASSWORD)
    await page.click('button[type=submit]')
    await page.waitForLoadState()
    expect(await page.textContent('[role=status]')).toContain('Your password is changed.')
    await page.goto(`${where.origin}/auth/login`)
    expect(await page.textContent('h1')).toBe('You are signed in')
    await page.click('text=Sign out')
    await page.waitForLoadState()
    expect(await page.textContent('h1')).toBe('Sign in')
    expect((await context.cookies()).map(({ name }) => name)).not.toContain(SESSION_COOKIE)
  })

  test('PWD-15 password managers know every field, pasting works, and what was typed can be shown', async () => {
    const { page } = await newPage()
    await page.goto(`${served.origin}/auth/login`)
    expect(await fieldsOf(page)).toEqual(['account text username', 'password password current-password'])
    await page.focus('#password')
    await page.evaluate(() => {
      const clipboard = new DataTransfer()
      clipboard.setData('text/plain', 'pasted words')
      const event = new ClipboardEvent('paste', { clipboardData: clipboard, bubbles: true, cancelable: true })
      // A page that blocks pasting cancels this event.
      if (document.activeElement?.dispatchEvent(event) === true) document.execCommand('insertText', false, 'pasted words')
    })
    expect(await page.inputValue('#password')).toBe('pasted words')
    const toggle = page.getByRole('button', { name: 'Show password' })
    await toggle.click()
    expect(await page.getAttribute('#password', 'type')).toBe('text')
    await page.getByRole('button', { name: 'Hide password' }).click()
    expect(await page.getAttribute('#password', 'type')).toBe('password')
    const where = await serveAlone()
    const signedIn = await newPage()
    await signIn(signedIn.page, where)
    await signedIn.page.goto(`${where.origin}/auth/password`)
    expect(await fieldsOf(signedIn.page)).toEqual([
      'account text username',
      'currentPassword password current-password',
      'newPassword password new-password',
      'newPasswordAgain password new-password',
    ])
  })

  test('HDR-05 an inline script in a page does not run, and the pages ask no other origin for anything', async () => {
    const { page } = await newPage()
    const origins = new Set<string>()
    page.on('request', (request) => void origins.add(new URL(request.url()).origin))
    const where = await serveAlone()
    await eachPage(page, where, async () => {
      const ran = await page.evaluate(() => {
        const script = document.createElement('script')
        script.textContent = 'globalThis.ran = true'
        document.body.append(script)
        const image = document.createElement('img')
        image.setAttribute('onerror', 'globalThis.ran = true')
        document.body.append(image)
        image.dispatchEvent(new Event('error'))
        return 'ran' in globalThis
      })
      expect(ran).toBe(false)
    })
    expect([...origins]).toEqual([where.origin])
  })

  test('HDR-09 after signing out the browser holds neither the session nor what the site had stored', async () => {
    const where = await serveAlone()
    const { page, context } = await newPage()
    await signIn(page, where)
    const held = await context.cookies()
    expect(held.find(({ name }) => name === SESSION_COOKIE)).toMatchObject({
      httpOnly: true,
      secure: true,
      sameSite: 'Strict',
      path: '/',
      expires: -1,
    })
    await page.evaluate(() => localStorage.setItem('draft', 'x'))
    const status = await page.evaluate(async () => (await fetch('/auth/logout', { method: 'POST' })).status)
    expect(status).toBe(204)
    expect((await context.cookies()).map(({ name }) => name)).not.toContain(SESSION_COOKIE)
    await page.goto(`${where.origin}/`)
    expect(await page.evaluate(() => localStorage.getItem('draft'))).toBe(null)
  })

  async function serveAlone(theme: Partial<ThemeWishes> = {}): Promise<Served> {
    const alone = await serveOwn(theme)
    open.push({
      close() {
        alone.server.close()
        alone.server.closeAllConnections()
        return Promise.resolve()
      },
    })
    return alone
  }
})
