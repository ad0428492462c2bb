import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Kit, type KitOptions, PASSWORD, startKit } from '../kit.ts'
import { executable, launchChromium } from './chromium.ts'

describe.skipIf(executable === null)('who may come in, in a real browser', () => {
  let browser: Browser
  let context: BrowserContext
  let page: Page
  let kit: Kit
  let site = ''
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())
  beforeEach(async () => {
    site = mkdtempSync(join(tmpdir(), 'cloakroom-site-'))
    writeFileSync(join(site, 'index.html'), '<!doctype html><title>Shop</title><h1>Welcome</h1>')
    writeFileSync(join(site, 'deep.html'), '<!doctype html><title>Deep</title><h1>Deep inside</h1>')
    context = await browser.newContext()
    page = await context.newPage()
  })
  afterEach(async () => {
    await context.close()
    await kit.close()
    rmSync(site, { recursive: true })
  })
  const start = async (config: KitOptions['config']): Promise<void> => {
    kit = await startKit({ config: { site, ...config } })
  }
  const calls = async (times: number): Promise<readonly number[]> =>
    (await page.evaluate(
      `(async () => { const all = []; for (let n = 0; n < ${times}; n++) all.push((await fetch('/api/shop/products')).status); return all })()`,
    )) as number[]
  const signIn = async (account: string): Promise<void> => {
    await page
      .getByLabel(/account|name/i)
      .first()
      .fill(account)
    await page.locator('input[autocomplete="current-password"]').fill(PASSWORD)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  }

  test('SES-06 an anonymous visit begins with the first page, lets the API be called, and ends after its count and its time, with no row in any table', async () => {
    await start({ visits: { requests: 5, lifetime: '10m' }, shop: { access: 'visitor' } })
    const rows = (): Record<string, number> => rowsOf(join(kit.folder, 'data'))
    const before = rows()
    expect((await kit.call('GET', '/api/shop/products')).status).toBe(401)
    await page.goto(`${kit.origin}/`)
    const [cookie, ...others] = await context.cookies()
    expect([cookie?.name, cookie?.httpOnly, cookie?.secure, cookie?.sameSite, others.length]).toEqual([
      '__Host-Http-visit',
      true,
      true,
      'Strict',
      0,
    ])
    expect(await page.evaluate('document.cookie')).toBe('')
    expect(await calls(7)).toEqual([200, 200, 200, 200, 200, 429, 429])
    expect(kit.upstream.requests).toHaveLength(5)
    // A page that is loaded again is the same visit: its count is not fresh.
    await page.reload()
    expect(await calls(1)).toEqual([429])
    kit.clock.now += 11 * 60_000
    expect(await calls(1)).toEqual([401])
    await page.reload()
    expect(await calls(1)).toEqual([200])
    const { audit: _before, counter: _one, ...kept } = before
    const { audit: _after, counter: counters, ...now } = rows()
    expect(Object.keys(kept)).toEqual(expect.arrayContaining(['session', 'standing', 'account', 'nonce']))
    expect(now).toEqual(kept)
    // Two visits and the address that began them are counted, and forgotten with the hour.
    expect(counters).toBeLessThanOrEqual(3)
  })

  test('PWD-18 a site behind login leads to the sign-in page and back to where one was; signed out, it is closed again', async () => {
    await start({ site: { folder: site, access: 'login' } })
    await page.goto(`${kit.origin}/deep.html?tea=1`)
    expect(new URL(page.url()).pathname).toBe('/auth/login')
    expect(await page.content()).not.toContain('Deep inside')
    await signIn('ada')
    await page.getByText('Deep inside').waitFor()
    expect(page.url()).toBe(`${kit.origin}/deep.html?tea=1`)
    expect(await calls(1)).toEqual([200])
    await page.goto(`${kit.origin}/auth/login`)
    await page.getByRole('button', { name: /sign out/i }).click()
    await page.waitForURL(/\/auth\/login/)
    await page.goto(`${kit.origin}/deep.html`)
    expect(new URL(page.url()).pathname).toBe('/auth/login')
    await page.goBack()
    expect(await page.content()).not.toContain('Deep inside')
  })

  test('HTTP-20 a role that one lacks: the page says so in words, and who has the role comes in', async () => {
    await start({ site: { folder: site, access: { role: 'staff' } }, shop: { access: { role: 'staff' } } })
    await kit.addAccount('grace', ['staff'])
    await page.goto(`${kit.origin}/`)
    await signIn('ada')
    await page.getByText('Your account may not do this').waitFor()
    const [held] = (await context.cookies()).filter(({ name }) => name === '__Host-Http-session')
    expect((await kit.call('GET', '/api/shop/products', { cookie: `__Host-Http-session=${held?.value}` })).status).toBe(403)
    expect(kit.upstream.requests).toHaveLength(0)
    await context.clearCookies()
    await page.goto(`${kit.origin}/`)
    await signIn('grace')
    await page.getByText('Welcome').waitFor()
    expect(await calls(1)).toEqual([200])
  })
})

/** How many rows each table of both databases has. */
function rowsOf(folder: string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const file of ['hot.sqlite', 'durable.sqlite']) {
    const db = new DatabaseSync(join(folder, file), { readOnly: true })
    for (const { name } of db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all() as { name: string }[]) {
      counts[name] = (db.prepare(`SELECT count(*) AS n FROM "${name}"`).get() as { n: number }).n
    }
    db.close()
  }
  return counts
}
