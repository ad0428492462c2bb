import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { leaks } from '../../src/decide/credential.ts'
import { Secret } from '../../src/decide/secret.ts'
import { type DemoApi, startDemoApi } from '../../src/demo/api.ts'
import { collectBrowser } from '../../src/scan/browser.ts'
import { search } from '../../src/scan/search.ts'
import { type Kit, PASSWORD, startKit } from '../kit.ts'
import { executable, launchChromium } from './chromium.ts'

const SITE = resolve(import.meta.dirname, '../../demo/site')

describe.skipIf(executable === null)('the main job, in a real browser', () => {
  let kit: Kit
  let api: DemoApi
  let browser: Browser
  let page: Page
  const seen: Buffer[] = []

  beforeAll(async () => {
    kit = await startKit({
      api: async (secret) => (api = await startDemoApi(secret)),
      config: { site: SITE, shop: { allow: ['GET /products', 'GET /orders', 'POST /orders'] } },
    })
    browser = await launchChromium()
    page = await browser.newPage()
    page.on('response', (response) => {
      seen.push(Buffer.from(`${response.url()}\n${JSON.stringify(response.headers())}\n${JSON.stringify(response.request().headers())}`))
      response.body().then(
        (body) => seen.push(body),
        () => undefined,
      )
    })
  })
  afterAll(async () => {
    await browser?.close()
    await kit?.close()
  })

  const products = (): Promise<number> => page.locator('#products li').count()
  const signIn = async (): Promise<void> => {
    await page
      .getByLabel(/account|name/i)
      .first()
      .fill('ada')
    await page.locator('input[autocomplete="current-password"]').fill(PASSWORD)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.locator('#products li').first().waitFor()
  }

  test('a stranger sees the site, and nothing of the API', async () => {
    await page.goto(`${kit.origin}/`)
    await page.getByText('Sign in to look around').waitFor()
    expect(await products()).toBe(0)
    expect(api.seen.admitted).toBe(0)
  })

  test('signed in, the site works: it lists, filters and orders', async () => {
    await page.getByText('Sign in to look around').click()
    await signIn()
    expect(await products()).toBe(14)
    await page.getByLabel('Kind').selectOption('oolong')
    await page.getByText('2 teas').waitFor()
    await page.getByRole('button', { name: /Order 100 g of Dong Ding/ }).click()
    await page.getByText('100 g Dong Ding').first().waitFor()
    // The API demands its key on every call, and got it on every call.
    expect(api.seen.refused).toBe(0)
    expect(api.seen.admitted).toBeGreaterThanOrEqual(5)
  })

  test('COO-02 no script reads the session', async () => {
    expect(await page.evaluate('document.cookie')).toBe('')
    const [cookie] = (await page.context().cookies()).filter(({ name }) => name === '__Host-Http-session')
    expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Strict', path: '/', domain: 'localhost', expires: -1 })
  })

  test('SES-07 unused for half an hour, the session is over; signing in again goes on', async () => {
    kit.clock.now += 29 * 60_000
    await page.getByLabel('Kind').selectOption('white')
    await page.getByText('2 teas').waitFor()
    const admitted = api.seen.admitted
    kit.clock.now += 30 * 60_000 + 1000
    await page.getByLabel('Kind').selectOption('black')
    await page.waitForURL(/\/auth\/login/)
    expect(api.seen.admitted).toBe(admitted)
    await signIn()
    expect(api.seen.admitted).toBeGreaterThan(admitted)
  })

  test('COO-17 signed out, cookie and access are gone', async () => {
    const kept = (await page.context().cookies()).find(({ name }) => name === '__Host-Http-session')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByText('Sign in to look around').waitFor()
    expect((await page.context().cookies()).filter(({ name }) => name === '__Host-Http-session')).toEqual([])
    // SES-13: whoever kept a copy holds nothing.
    const replayed = await kit.call('GET', '/api/shop/products', { cookie: `__Host-Http-session=${kept?.value}` })
    expect(replayed.status).toBe(401)
  })

  test('VLT-06 PRIV-03 nothing that the browser got or kept holds the secret, and it called nobody else', async () => {
    expect(seen.length).toBeGreaterThan(20)
    const needles = leaks({ kind: 'bearer' }, new Secret(Buffer.from(kit.secret)))
    for (const bytes of seen) for (const needle of needles) expect(bytes.indexOf(needle)).toBe(-1)
    for (const bytes of seen) {
      const [first = ''] = bytes.toString('latin1').split('\n', 1)
      if (first.startsWith('http')) expect(new URL(first).origin).toBe(kit.origin)
    }
    const collection = await collectBrowser({
      executable: executable ?? '',
      urls: [`${kit.origin}/`],
      signIn: { page: `${kit.origin}/auth/login`, account: 'ada', password: PASSWORD },
      settleMs: 5000,
      superuser: process.getuid?.() === 0,
    })
    const kinds = new Set(collection.exhibits.map(({ kind }) => kind))
    for (const kind of ['request', 'response body', 'cookie', 'document'] as const) expect(kinds).toContain(kind)
    expect(collection.notes).toContain('Signed in as ada.')
    // The scan would find it: the session cookie's own value is found by the same search.
    const session = collection.exhibits.find(({ kind, where }) => kind === 'cookie' && where.startsWith('__Host-Http-session'))
    const value =
      Buffer.from(session?.bytes ?? [])
        .toString()
        .split('=')[1] ?? ''
    expect(
      search(collection.exhibits, [{ name: 'session', version: 1, state: 'active' as const, needles: [Buffer.from(value)] }]).length,
    ).toBeGreaterThan(0)
    expect(search(collection.exhibits, [{ name: 'shop-key', version: 1, state: 'active' as const, needles }])).toEqual([])
  })

  test('screenshots can be taken where a folder is named', async () => {
    const folder = process.env['SCREENSHOTS'] ?? mkdtempSync(join(tmpdir(), 'cloakroom-shots-'))
    for (const colorScheme of ['light', 'dark'] as const) {
      const context = await browser.newContext({ colorScheme, viewport: { width: 1000, height: 800 } })
      const shot = await context.newPage()
      await shot.goto(`${kit.origin}/`)
      await shot.getByText('Sign in to look around').waitFor()
      expect((await shot.screenshot({ path: join(folder, `welcome-${colorScheme}.png`) })).length).toBeGreaterThan(5000)
      await shot.getByText('Sign in to look around').click()
      await shot.locator('input[autocomplete="current-password"]').waitFor()
      await shot.screenshot({ path: join(folder, `sign-in-${colorScheme}.png`) })
      await shot
        .getByLabel(/account|name/i)
        .first()
        .fill('ada')
      await shot.locator('input[autocomplete="current-password"]').fill(PASSWORD)
      await shot.getByRole('button', { name: 'Sign in', exact: true }).click()
      await shot.locator('#products li').first().waitFor()
      await shot.screenshot({ path: join(folder, `shop-${colorScheme}.png`) })
      await context.close()
    }
    if (process.env['SCREENSHOTS'] === undefined) rmSync(folder, { recursive: true })
  })
})
