import type { BrowserContext, Page, Request, Response } from 'playwright-core'
import { type Collection, type Exhibit, inlineSourceMap, sourceMapReference, textExhibit } from './exhibit.ts'
import { openPage, SignInFailed } from './open-page.ts'
import { readStorage } from './storage.ts'

export interface BrowserOptions {
  readonly executable: string
  readonly urls: readonly string[]
  /** How to sign in on the gateway's login page before the scan; null to stay a stranger. */
  readonly signIn: { readonly page: string; readonly account: string; readonly password: string } | null
  /** How long a page may stay busy before it is read as it is. */
  readonly settleMs: number
  /** Chromium's own sandbox cannot start for the superuser. */
  readonly superuser: boolean
}

interface Record {
  readonly exhibits: Exhibit[]
  readonly unread: { where: string; why: string }[]
  readonly notes: string[]
  readonly pending: Set<Promise<void>>
}

/** Opens pages in a fresh headless Chromium and writes down everything that it got and kept. Nothing is clicked. */
export async function collectBrowser(options: BrowserOptions): Promise<Collection> {
  // Loaded when it is needed: it is large, and only `scan` uses it.
  const { chromium } = await import('playwright-core')
  const args = ['--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run']
  const browser = await chromium.launch({ executablePath: options.executable, args, chromiumSandbox: !options.superuser })
  const record: Record = { exhibits: [], unread: [], notes: [], pending: new Set() }
  try {
    const context = await browser.newContext({ serviceWorkers: 'allow' })
    watch(context, record)
    const page = await context.newPage()
    if (options.signIn !== null) await signIn(page, options.signIn, options.settleMs, record)
    for (const url of options.urls) await read(page, url, options.settleMs, record)
    await Promise.all(record.pending)
    await readSourceMaps(context, record)
    record.exhibits.push(...(await readCookies(context, record)))
  } finally {
    await browser.close()
  }
  return { target: options.urls.join(' '), how: 'browser', exhibits: record.exhibits, unread: record.unread, notes: record.notes }
}

function watch(context: BrowserContext, record: Record): void {
  context.on('request', (request) => later(record, noteRequest(request, record)))
  context.on('response', (response) => later(record, noteResponse(response, record)))
  context.on('console', (message) => record.exhibits.push(textExhibit('console', message.location().url, message.text())))
  context.on('page', (page) => {
    page.on('websocket', (socket) => {
      socket.on('framesent', ({ payload }) =>
        record.exhibits.push({ kind: 'socket message', where: `${socket.url()} (sent)`, bytes: Buffer.from(payload) }),
      )
      socket.on('framereceived', ({ payload }) =>
        record.exhibits.push({ kind: 'socket message', where: `${socket.url()} (received)`, bytes: Buffer.from(payload) }),
      )
    })
  })
}

function later(record: Record, work: Promise<void>): void {
  const tracked = work.finally(() => record.pending.delete(tracked))
  record.pending.add(tracked)
}

async function noteRequest(request: Request, record: Record): Promise<void> {
  const fields = await request.allHeaders().catch(() => request.headers())
  const text = `${request.method()} ${request.url()}\n${Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n')}\n\n${request.postData() ?? ''}`
  record.exhibits.push(textExhibit('request', request.url(), text))
}

async function noteResponse(response: Response, record: Record): Promise<void> {
  const url = response.url()
  const fields = await response.headersArray().catch(() => [])
  record.exhibits.push(textExhibit('response fields', url, fields.map(({ name, value }) => `${name}: ${value}`).join('\n')))
  if (response.status() >= 300 && response.status() < 400) return
  try {
    record.exhibits.push({ kind: 'response body', where: url, bytes: await response.body() })
  } catch (cause) {
    // A stream that never ends, or a download: the browser does not hand it out.
    record.unread.push({
      where: url,
      why: `the browser did not hand out the body (${cause instanceof Error ? (cause.message.split('\n', 1)[0] ?? '') : ''})`,
    })
  }
}

async function signIn(
  page: Page,
  { page: url, account, password }: NonNullable<BrowserOptions['signIn']>,
  settleMs: number,
  record: Record,
): Promise<void> {
  await openPage(page, url)
  const name = page.locator('input[autocomplete~="username"]')
  const secret = page.locator('input[autocomplete~="current-password"]')
  if ((await name.count()) === 0 || (await secret.count()) === 0)
    throw new SignInFailed(`${url} has no fields for an account and its password (autocomplete="username", "current-password").`)
  await name.fill(account)
  await secret.fill(password)
  await secret.press('Enter')
  await page.waitForLoadState('load')
  // The browser forgets bodies when it leaves a page: what is still coming must be read before the next one is opened.
  await page.waitForLoadState('networkidle', { timeout: settleMs }).catch(() => undefined)
  await Promise.all(record.pending)
  if (new URL(page.url()).pathname.endsWith('/login')) throw new SignInFailed(`${url} did not take ${account} with this password.`)
  if ((await page.locator('input[autocomplete~="one-time-code"]').count()) > 0)
    throw new SignInFailed(`${url} asks ${account} for a second factor, which a scan cannot give.`)
  record.notes.push(`Signed in as ${account}.`)
}

async function read(page: Page, url: string, settleMs: number, record: Record): Promise<void> {
  await openPage(page, url)
  await page
    .waitForLoadState('networkidle', { timeout: settleMs })
    .catch(() => record.notes.push(`${url} was still busy after ${settleMs / 1000} s; it was read as it was then.`))
  await Promise.all(record.pending)
  record.exhibits.push(textExhibit('document', url, await page.content()))
  record.exhibits.push(...(await readStorage(page, url)))
}

async function readSourceMaps(context: BrowserContext, record: Record): Promise<void> {
  for (const { where, bytes } of record.exhibits.filter(({ kind }) => kind === 'response body')) {
    const reference = sourceMapReference(bytes)
    if (reference === null) continue
    const inline = inlineSourceMap(reference)
    if (inline !== null) {
      record.exhibits.push({ kind: 'source map', where: `${where} (inline)`, bytes: inline })
      continue
    }
    const url = new URL(reference, where).href
    try {
      const answer = await context.request.get(url, { maxRedirects: 0, timeout: 10_000 })
      if (answer.ok()) record.exhibits.push({ kind: 'source map', where: url, bytes: await answer.body() })
      else record.notes.push(`${where} names the source map ${reference}, which is not published (${answer.status()}).`)
    } catch (cause) {
      record.unread.push({ where: url, why: cause instanceof Error ? (cause.message.split('\n', 1)[0] ?? '') : String(cause) })
    }
  }
}

async function readCookies(context: BrowserContext, record: Record): Promise<Exhibit[]> {
  const cookies = await context.cookies()
  const readable = cookies.filter(({ httpOnly }) => !httpOnly).map(({ name }) => name)
  record.notes.push(`${cookies.length} cookies, of which scripts can read ${readable.length === 0 ? 'none' : readable.join(', ')}.`)
  return cookies.map(({ name, value, domain, path }) => textExhibit('cookie', `${name} (${domain}${path})`, `${name}=${value}`))
}
