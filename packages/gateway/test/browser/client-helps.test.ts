import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { rolldown } from 'rolldown'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/lib/clock.ts'
import { rulesOf } from '../guard-kit.ts'
import { type Kit, PASSWORD, startKit } from '../kit.ts'
import { executable, launchChromium } from './chromium.ts'

const CLIENT = resolve(import.meta.dirname, '../../../client')
const SCRIPT = `import { createClient } from '/client.js'
window.cloakroom = createClient({ onStepUp: async (wanted) => {
  const proof = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ password: window.password }) }
  return (await fetch(wanted.stepUp, proof)).ok
} })
window.ready = true
`

declare const window: {
  ready?: boolean
  password: string
  cloakroom: { fetch(url: string, init?: object): Promise<{ status: number }> }
}

async function bundle(input: string): Promise<string> {
  const built = await rolldown({ input, platform: 'browser', transform: { define: { 'process.env.NODE_ENV': '"production"' } } })
  const { output } = await built.generate({ format: 'esm', codeSplitting: false })
  await built.close()
  return output[0].code
}

describe.skipIf(executable === null)('the pages’ own client', () => {
  let browser: Browser
  let kit: Kit
  let site: string
  let context: BrowserContext
  beforeAll(async () => {
    browser = await launchChromium()
    site = mkdtempSync(join(tmpdir(), 'cloakroom-helps-'))
    writeFileSync(join(site, 'index.html'), '<!doctype html><title>The shop</title><script type="module" src="/page.js"></script>')
    writeFileSync(join(site, 'page.js'), SCRIPT)
    writeFileSync(join(site, 'client.js'), stripTypeScriptTypes(readFileSync(join(CLIENT, 'src/index.ts'), 'utf8')))
    const react = '<!doctype html><title>The shop</title><div id="root"></div><script type="module" src="/react.js"></script>'
    writeFileSync(join(site, 'react.html'), react)
    writeFileSync(join(site, 'react.js'), await bundle(join(CLIENT, 'test/react-page.ts')))
    kit = await startKit({
      startAt: systemClock(),
      config: { site: { folder: site, access: 'public' }, shop: { access: 'public', allow: ['GET /**'] } },
      guard: rulesOf(
        { id: 'prove-it', when: 'request.path.startsWith("/api/pay/")', does: '{ challenge: { pow: easy, else: { block: 403 } } }' },
        { id: 'never', when: 'request.path == "/api/shop/closed"', does: '{ block: 403 }' },
      ),
      apis: (origin) => ({ pay: { path: '/api/pay', upstream: `${origin}/pay`, access: { fresh: '5m' }, allow: ['GET /**', 'POST /**'] } }),
    })
    context = await browser.newContext()
  }, 60_000)
  afterEach(async () => {
    await context.close()
    context = await browser.newContext()
    kit.clock.now = systemClock()
  })
  afterAll(async () => {
    await browser.close()
    await kit.close()
    rmSync(site, { recursive: true, force: true })
  })

  async function signedIn(path = '/'): Promise<Page> {
    const page = await context.newPage()
    await page.goto(`${kit.origin}/auth/login?next=${encodeURIComponent(path)}`)
    await page.fill('#account', 'ada')
    await page.fill('#password', PASSWORD)
    await Promise.all([page.waitForURL(`${kit.origin}${path}`), page.click('button[type=submit]')])
    if (path === '/') await page.waitForFunction(() => window.ready === true)
    return page
  }

  const pay = (page: Page, body = 'one') =>
    page.evaluate(async (sent) => (await window.cloakroom.fetch('/api/pay/orders', { method: 'POST', body: sent })).status, body)

  test('solves a challenge and repeats the call with its body; the next call needs none', async () => {
    const page = await signedIn()
    expect(await pay(page)).toBe(200)
    expect(kit.upstream.requests.at(-1)?.body.toString()).toBe('one')
    const challenged: string[] = []
    page.on('request', (request) => challenged.push(new URL(request.url()).pathname))
    expect(await pay(page, 'two')).toBe(200)
    expect(challenged).toEqual(['/api/pay/orders'])
  }, 60_000)

  test('a challenge and a fresh proof in one call; the new session that the proof begins is challenged once more', async () => {
    const page = await signedIn()
    kit.clock.now += 6 * 60_000
    await page.evaluate((password) => (window.password = password), PASSWORD)
    const paths: string[] = []
    page.on('request', (request) => paths.push(new URL(request.url()).pathname))
    expect(await pay(page)).toBe(200)
    expect(paths.filter((path) => path === '/auth/step-up')).toHaveLength(1)
    expect(paths.filter((path) => path === '/auth/challenge')).toHaveLength(2)
    expect(paths.filter((path) => path === '/api/pay/orders')).toHaveLength(4)
  }, 60_000)

  test('three calls at once are all let through', async () => {
    const page = await signedIn()
    const statuses = await page.evaluate(() =>
      Promise.all([1, 2, 3].map(async (n) => (await window.cloakroom.fetch(`/api/pay/orders/${n}`)).status)),
    )
    expect(statuses).toEqual([200, 200, 200])
  }, 60_000)

  test('what does not help is answered as it came: a solution that is refused, a call that is given up, a plain refusal', async () => {
    const page = await signedIn()
    await page.route('**/auth/challenge', (route) => route.fulfill({ status: 403, body: '' }))
    expect(await pay(page)).toBe(403)
    expect(await page.evaluate(async () => (await window.cloakroom.fetch('/api/shop/closed')).status)).toBe(403)
    const gone = await page.evaluate(async () => {
      // Nobody finds a solution, so it has to be given up.
      crypto.subtle.deriveBits = () => new Promise((resolve) => setTimeout(() => resolve(new Uint8Array(32).fill(255).buffer), 1))
      try {
        await window.cloakroom.fetch('/api/pay/orders', { signal: AbortSignal.timeout(300) })
        return 'answered'
      } catch (cause) {
        return cause instanceof Error ? cause.name : 'unknown'
      }
    })
    expect(gone).toBe('TimeoutError')
  }, 60_000)

  test('React: components are told who is signed in, when it ends, when somebody stays, and of other tabs', async () => {
    const page = await signedIn('/react.html')
    const shown = (text: string) => page.waitForFunction((wanted) => document.getElementById('name')?.textContent === wanted, text)
    await shown('ada')
    expect(await page.locator('#out').count()).toBe(1)
    // Both clocks stand a minute before the end.
    kit.clock.now += 29 * 60_000
    await page.clock.install({ time: systemClock() + 29 * 60_000 })
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
    await shown('ada, ending')
    await page.click('#stay')
    await shown('ada')
    const other = await context.newPage()
    await other.goto(`${kit.origin}/react.html`)
    await other.click('#out')
    await shown('nobody')
    expect(await page.locator('#out').count()).toBe(0)
  }, 60_000)
})
