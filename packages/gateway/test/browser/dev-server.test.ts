import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { createServer as createVite, type ViteDevServer } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Kit, PASSWORD, startKit } from '../kit.ts'
import { executable, launchChromium } from './chromium.ts'

const page = (version: string): string =>
  `document.querySelector('h1').textContent = '${version}'\nwindow.loads ??= 0\nimport.meta.hot?.accept()\n`

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

describe.skipIf(executable === null)('a site in development: Vite behind the whole gateway, in a real browser', () => {
  let root = ''
  let vite: ViteDevServer
  let kit: Kit
  let browser: Browser
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'cloakroom-vite-'))
    writeFileSync(join(root, 'index.html'), '<!doctype html><title>Shop</title><h1></h1><script type="module" src="/main.js"></script>')
    writeFileSync(join(root, 'main.js'), page('first'))
    const port = await freePort()
    vite = await createVite({
      root,
      configFile: false,
      envFile: false,
      logLevel: 'silent',
      cacheDir: join(root, '.cache'),
      server: { host: '127.0.0.1', port, strictPort: true },
      optimizeDeps: { noDiscovery: true, include: [] },
    })
    await vite.listen()
    kit = await startKit({ config: { site: { devServer: `http://127.0.0.1:${port}`, access: 'login' } } })
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
    await kit?.close()
    await vite?.close()
    rmSync(root, { recursive: true, force: true })
  })

  test('COO-13 CSRF-01 signed in, the page loads, a changed file arrives in it without a reload, and its calls reach the API', async () => {
    const tab = await browser.newPage()
    const problems: string[] = []
    tab.on('pageerror', (error) => problems.push(error.message))
    await tab.goto(kit.origin)
    expect(new URL(tab.url()).pathname).toBe('/auth/login')
    await tab
      .getByLabel(/account|name/i)
      .first()
      .fill('ada')
    await tab.locator('input[autocomplete="current-password"]').fill(PASSWORD)
    const connected = tab.waitForEvent('console', { predicate: (message) => message.text().includes('[vite] connected') })
    await tab.getByRole('button', { name: 'Sign in', exact: true }).click()
    await tab.getByText('first').waitFor()
    await connected
    await tab.evaluate('window.loads = 1')
    writeFileSync(join(root, 'main.js'), page('second'))
    await tab.getByText('second').waitFor()
    // Still the same page: it was not loaded again.
    expect(await tab.evaluate('window.loads')).toBe(1)
    expect(await tab.evaluate(`fetch('/api/shop/products').then((answer) => answer.status)`)).toBe(200)
    expect(kit.upstream.requests[0]?.header('authorization')).toBe(`Bearer ${kit.secret}`)
    expect(problems).toEqual([])
  })
})
