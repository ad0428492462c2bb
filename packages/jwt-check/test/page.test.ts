import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import axe from 'axe-core'
import { buildPage } from '../page/build.ts'
import { good, jwt, now, ecKey } from './cases/make.ts'
import { publicPart } from '../src/jose/keys.ts'

const program = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

describe.skipIf(!existsSync(program))('the offline page in Chromium', () => {
  let browser: Browser
  let page: Page
  const requests: string[] = []
  const troubles: string[] = []

  beforeAll(async () => {
    const { path } = await buildPage()
    browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'] })
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
    page.setDefaultTimeout(8000)
    page.on('request', (request) => requests.push(request.url()))
    page.on('console', (message) => message.type() === 'error' && troubles.push(message.text()))
    page.on('pageerror', (error) => troubles.push(error.message))
    await page.goto(pathToFileURL(path).href)
  })
  afterAll(() => browser.close())

  it('finds the faults of the sample, the guessable secret included', async () => {
    await page.click('#sample')
    await page.waitForSelector('article')
    const titles = await page.locator('article h3').allTextContents()
    for (const id of ['JWT-07', 'JWT-17', 'JWT-22', 'JWT-26', 'JWT-40'])
      expect(
        titles.some((title) => title.includes(id)),
        id,
      ).toBe(true)
    expect(await page.textContent('#summary')).toMatch(/^\d errors/)
    expect(await page.textContent('#findings')).toContain('6 characters, a well-known default')
    expect(await page.isVisible('#downloads')).toBe(true)
    await shoot('light')
  })

  it('is content with a sound JWT and its key', async () => {
    await page.click('button[type=reset]')
    await page.fill('#input', await jwt())
    await page.click('summary')
    await page.fill('#keys', JSON.stringify(publicPart(ecKey)))
    await page.fill('#clock', String(now))
    await page.fill('#issuer', good.iss)
    await page.click('button.primary')
    await page.waitForSelector('#summary.good')
    expect(await page.textContent('#decoded')).toContain('"sub": "user-7f3a"')
  })

  it('shows claims as text, whatever markup they hold', async () => {
    await page.fill('#input', await jwt({ ...good, sub: '<img src=x onerror=alert(1)>', iss: '<b>x</b>' }))
    await page.click('button.primary')
    await page.waitForSelector('article')
    expect(await page.locator('#decoded img, #findings b').count()).toBe(0)
  })

  it('says so when there is nothing to examine', async () => {
    await page.fill('#input', '   ')
    await page.click('button.primary')
    await page.waitForSelector('#summary.bad')
    expect(await page.textContent('#summary')).toContain('no JWT')
  })

  it.each(['light', 'dark'] as const)('has no accessibility faults in %s', async (colorScheme) => {
    await page.emulateMedia({ colorScheme })
    await page.click('#sample')
    await page.waitForSelector('article')
    await shoot(colorScheme)
    // By the debugger's own evaluation, which the page's policy does not forbid.
    const client = await page.context().newCDPSession(page)
    await client.send('Runtime.evaluate', { expression: axe.source })
    const { result } = await client.send('Runtime.evaluate', {
      expression:
        'axe.run().then(({ violations }) => JSON.stringify(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])))',
      awaitPromise: true,
    })
    expect(result.value).toBe('[]')
  })

  it('fits a small screen', async () => {
    await page.setViewportSize({ width: 360, height: 740 })
    await shoot('small')
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360)
  })

  it('made no request but for itself, and could not', async () => {
    const answer = await page.evaluate(`fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'forbidden')`)
    expect(answer).toBe('forbidden')
    expect(requests.filter((url) => !url.startsWith('file:') && !url.startsWith('data:') && url !== 'http://127.0.0.1:9/')).toEqual([])
    expect(requests.filter((url) => url.startsWith('file:'))).toHaveLength(1)
    expect(troubles.filter((text) => !text.includes('127.0.0.1:9'))).toEqual([])
  })

  async function shoot(name: string): Promise<void> {
    const folder = process.env['JWT_CHECK_SHOTS']
    if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: name !== 'small' })
  }
})
