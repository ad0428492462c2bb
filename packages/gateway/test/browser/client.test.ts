import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/lib/clock.ts'
import { type Kit, PASSWORD, startKit } from '../kit.ts'
import { executable, launchChromium } from './chromium.ts'

const CLIENT = resolve(import.meta.dirname, '../../../client/src/index.ts')
const PAGE = `<!doctype html><title>The shop</title><script type="module" src="/page.js"></script>`
const SCRIPT = `import { createClient } from '/client.js'
window.heard = []
window.cloakroom = createClient({ onStepUp: async (wanted) => {
  window.wanted = wanted
  const proof = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ password: window.password }) }
  return (await fetch(wanted.stepUp, proof)).ok
} })
cloakroom.onChange(({ why, session }) => heard.push(why + ' ' + (session.active ? session.account : 'nobody')))
await cloakroom.session()
window.ready = true
`

/** What the page's script may be asked in here. */
declare const window: {
  heard: string[]
  ready?: boolean
  password: string
  wanted?: { readonly maxAge: number }
  cloakroom: {
    session(): Promise<{ active: boolean }>
    login(): void
    logout(next?: string): Promise<void>
    fetch(url: string, init?: object): Promise<{ status: number }>
  }
}

describe.skipIf(executable === null)('the pages’ own client', () => {
  let browser: Browser
  let kit: Kit
  let site: string
  let context: BrowserContext
  beforeAll(async () => {
    browser = await launchChromium()
    site = mkdtempSync(join(tmpdir(), 'cloakroom-client-'))
    mkdirSync(site, { recursive: true })
    writeFileSync(join(site, 'index.html'), PAGE)
    writeFileSync(join(site, 'page.js'), SCRIPT)
    writeFileSync(join(site, 'client.js'), stripTypeScriptTypes(readFileSync(CLIENT, 'utf8')))
    kit = await startKit({
      startAt: systemClock(),
      config: { site: { folder: site, access: 'public' } },
      apis: (origin) => ({ pay: { path: '/api/pay', upstream: `${origin}/pay`, access: { fresh: '5m' }, allow: ['GET /**', 'POST /**'] } }),
    })
    context = await browser.newContext()
  })
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

  async function open(): Promise<Page> {
    const page = await context.newPage()
    await page.goto(`${kit.origin}/`)
    await page.waitForFunction(() => window.ready === true)
    return page
  }

  async function signedIn(): Promise<Page> {
    const page = await open()
    await Promise.all([page.waitForURL('**/auth/login?**'), page.evaluate(() => window.cloakroom.login())])
    await page.fill('#account', 'ada')
    await page.fill('#password', PASSWORD)
    await Promise.all([page.waitForURL(`${kit.origin}/`), page.click('button[type=submit]')])
    await page.waitForFunction(() => window.ready === true)
    return page
  }

  test('login leads to the sign-in page and back, and the page knows who it is', async () => {
    const page = await signedIn()
    expect(await page.evaluate(() => window.heard)).toEqual(['changed ada'])
    expect(await page.evaluate(async () => (await window.cloakroom.session()).active)).toBe(true)
  })

  test('signing out in one tab signs out all of them, within a second', async () => {
    const one = await signedIn()
    const two = await open()
    expect(await two.evaluate(() => window.heard)).toEqual(['changed ada'])
    const began = systemClock()
    await one.evaluate(() => window.cloakroom.logout())
    await two.waitForFunction(() => window.heard.includes('changed nobody'))
    expect(systemClock() - began).toBeLessThan(1000)
    expect(await one.evaluate(() => window.heard.at(-1))).toBe('changed nobody')
  })

  test('a call that needs a fresh proof asks for it once, and is repeated with its body', async () => {
    const page = await signedIn()
    kit.clock.now += 6 * 60_000
    await page.evaluate((password) => (window.password = password), PASSWORD)
    const call = () => page.evaluate(async () => (await window.cloakroom.fetch('/api/pay/orders', { method: 'POST', body: 'one' })).status)
    expect(await call()).toBe(200)
    expect(await page.evaluate(() => window.wanted?.maxAge)).toBe(300)
    expect(kit.upstream.requests.at(-1)?.body.toString()).toBe('one')
    kit.clock.now += 6 * 60_000
    await page.evaluate(() => (window.password = 'not the password'))
    const before = kit.upstream.requests.length
    expect(await call()).toBe(401)
    expect(kit.upstream.requests).toHaveLength(before)
  })

  test('a call that finds the session over tells the page', async () => {
    const page = await signedIn()
    kit.clock.now += 31 * 60_000
    expect(await page.evaluate(async () => (await window.cloakroom.fetch('/api/shop/products')).status)).toBe(401)
    await page.waitForFunction(() => window.heard.includes('changed nobody'))
  })

  test('an idle session is warned of once before it ends, and asking did not prolong it', async () => {
    const page = await signedIn()
    // Both clocks stand a minute before the end.
    kit.clock.now += 29 * 60_000
    await page.clock.install({ time: systemClock() + 28.5 * 60_000 })
    await page.evaluate(async () => await window.cloakroom.session())
    await page.evaluate(async () => await window.cloakroom.session())
    expect(await page.evaluate(() => window.heard.filter((what) => what === 'ending ada').length)).toBe(1)
    kit.clock.now += 2 * 60_000
    expect(await page.evaluate(async () => (await window.cloakroom.session()).active)).toBe(false)
  })
})
