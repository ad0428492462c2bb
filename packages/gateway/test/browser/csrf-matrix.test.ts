import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Kit, PASSWORD, startKit } from '../kit.ts'
import { type SocketUpstream, startSocketUpstream } from '../socket-upstream.ts'
import { executable, launchChromium } from './chromium.ts'
import { type Hosts, openHosts } from './hosts.ts'

/**
 * Everything that makes a browser send a request, from three pages: our own, one of a sibling host (same site: SameSite cookies are sent),
 * and one of another site. Each goes to an API for signed-in visitors and to one that anybody may use, so that no missing cookie can be
 * what stops it. What reaches the upstream is what our own scripts send, and nothing else.
 */
type From = 'own' | 'sibling' | 'evil'

interface Way {
  readonly what: string
  /** Runs in the page; `url` is the target. */
  readonly act: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'WS'
  /** The requirement that a refusal shows. */
  readonly id: string
  /** Does our own page get through like this? */
  readonly own: boolean
  /** How the end is known: by the request's end, or because `act` waits for it. */
  readonly ends?: 'request' | 'act'
  /** Our own page's Content-Security-Policy is asked before the gateway. */
  readonly stoppedAtHome?: boolean
}

const element = (tag: string, source: string): string =>
  `new Promise((done) => { const e = document.createElement('${tag}'); e.onload = e.onerror = () => done(); ${source}; document.body.append(e); setTimeout(done, 300) })`
const form = (encoding: string, field: string): string =>
  `(() => { const f = document.createElement('form'); f.method = 'POST'; f.action = url; f.enctype = '${encoding}'; ${field}; document.body.append(f); f.submit() })()`
const input = (name: string, value: string): string =>
  `const i = document.createElement('input'); i.name = ${JSON.stringify(name)}; i.value = ${JSON.stringify(value)}; f.append(i)`
const quietly = (call: string): string => `${call}.then(() => 'answered', () => 'failed')`

const WAYS: readonly Way[] = [
  { what: 'fetch GET', id: 'CSRF-03', ends: 'act', method: 'GET', own: true, act: quietly(`fetch(url, { credentials: 'include' })`) },
  {
    what: 'fetch GET, no-cors',
    id: 'CSRF-02',
    ends: 'act',
    method: 'GET',
    own: true,
    act: quietly(`fetch(url, { mode: 'no-cors', credentials: 'include' })`),
  },
  {
    what: 'fetch POST, no-cors, JSON as text/plain',
    id: 'CSRF-07',
    ends: 'act',
    method: 'POST',
    own: true,
    act: quietly(`fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include', body: '{"a":1}' })`),
  },
  {
    what: 'fetch POST without a body, no-cors',
    id: 'CSRF-07',
    ends: 'act',
    method: 'POST',
    own: true,
    act: quietly(`fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include' })`),
  },
  {
    what: 'fetch with a header of its own, which asks first (preflight)',
    id: 'CSRF-14',
    ends: 'act',
    method: 'POST',
    own: true,
    act: quietly(
      `fetch(url, { method: 'POST', credentials: 'include', headers: { 'x-csrf': '1', 'content-type': 'application/json' }, body: '{}' })`,
    ),
  },
  {
    what: 'fetch PUT, which asks first',
    id: 'CSRF-11',
    ends: 'act',
    method: 'PUT',
    own: true,
    act: quietly(`fetch(url, { method: 'PUT', credentials: 'include' })`),
  },
  { what: 'sendBeacon', id: 'CSRF-07', method: 'POST', own: true, act: `navigator.sendBeacon(url, 'x')` },
  {
    what: 'EventSource',
    id: 'CSRF-03',
    method: 'GET',
    own: true,
    act: `new Promise((done) => { const e = new EventSource(url, { withCredentials: true }); e.onopen = e.onerror = () => { e.close(); done() } })`,
  },
  { what: 'prefetch', id: 'CSRF-03', method: 'GET', own: true, act: element('link', `e.rel = 'prefetch'; e.href = url`) },
  {
    what: 'WebSocket handshake',
    id: 'CSRF-17',
    method: 'WS',
    own: true,
    ends: 'act',
    act: `new Promise((done) => { const s = new WebSocket(url.replace('https', 'wss')); s.onopen = () => { s.close(); done() }; s.onerror = () => done() })`,
  },
  { what: 'form, urlencoded', id: 'CSRF-07', method: 'POST', own: false, act: form('application/x-www-form-urlencoded', input('a', 'b')) },
  { what: 'form, multipart', id: 'CSRF-07', method: 'POST', own: false, act: form('multipart/form-data', input('a', 'b')) },
  {
    what: 'form, text/plain with a body that is JSON',
    id: 'CSRF-07',
    method: 'POST',
    own: false,
    act: form('text/plain', input('{"a":"', '"}')),
  },
  { what: 'image', id: 'CSRF-15', method: 'GET', own: false, act: element('img', 'e.src = url') },
  { what: 'script', id: 'CSRF-15', method: 'GET', own: false, act: element('script', 'e.src = url') },
  {
    what: 'script with a callback (JSONP)',
    id: 'CSRF-18',
    method: 'GET',
    own: false,
    act: element('script', `e.src = url + '?callback=alert'`),
  },
  {
    what: 'module script with CORS',
    id: 'CSRF-15',
    method: 'GET',
    own: false,
    act: element('script', `e.type = 'module'; e.crossOrigin = 'use-credentials'; e.src = url`),
  },
  { what: 'style sheet', id: 'CSRF-15', method: 'GET', own: false, act: element('link', `e.rel = 'stylesheet'; e.href = url`) },
  { what: 'frame', id: 'CSRF-15', method: 'GET', own: false, act: element('iframe', 'e.src = url') },
  {
    what: 'object',
    id: 'CSRF-15',
    stoppedAtHome: true,
    method: 'GET',
    own: false,
    act: element('object', `e.data = url; e.type = 'text/html'`),
  },
  {
    what: 'embed',
    id: 'CSRF-15',
    stoppedAtHome: true,
    method: 'GET',
    own: false,
    act: element('embed', `e.src = url; e.type = 'text/html'`),
  },
  { what: 'video', id: 'CSRF-15', method: 'GET', own: false, act: element('video', `e.onloadeddata = e.onload; e.src = url; e.load()`) },
  { what: 'top-level navigation', id: 'CSRF-15', method: 'GET', own: false, act: `(() => { location.href = url })()` },
  {
    what: 'service worker',
    id: 'CSRF-18',
    method: 'GET',
    own: false,
    ends: 'act',
    act: quietly(`navigator.serviceWorker.register(url, { scope: '/api/' })`),
  },
]

interface Row extends Way {
  readonly from: From
  readonly passes: boolean
  readonly slug: string
}

const ROWS: readonly Row[] = (['own', 'sibling', 'evil'] as const).flatMap((from) =>
  WAYS
    // Browsers do not let a page register a worker of another origin: there is no request to judge.
    .filter(({ what }) => from === 'own' || what !== 'service worker')
    .map((way): Row => ({
      ...way,
      ...(way.stoppedAtHome === true && from === 'own' ? ({ ends: 'act' } as const) : {}),
      from,
      passes: from === 'own' && way.own,
      slug: `${from}-${WAYS.indexOf(way)}`,
    })),
)
const NAMES = { own: 'our own page', sibling: 'a sibling host', evil: 'another site' }

describe.skipIf(executable === null)('what reaches an API from which page, in a real browser', () => {
  let hosts: Hosts
  let upstream: SocketUpstream
  let kit: Kit
  let browser: Browser
  let context: BrowserContext
  let page: Page

  beforeAll(async () => {
    hosts = await openHosts()
    const allow = ['GET /**', 'POST /**', 'PUT /**', 'WS /**']
    kit = await startKit({
      api: async () => (upstream = await startSocketUpstream({ onRequest: answer })),
      config: {
        listen: `127.0.0.1:${hosts.port}`,
        publicUrl: hosts.app,
        tls: { cert: hosts.cert, key: hosts.key },
        site: { folder: hosts.site, access: 'public' },
        shop: { allow },
      },
      apis: (origin) => ({
        open: { path: '/api/open', upstream: `${origin}/open`, allow, access: 'public', unsafeAllowPublicWrites: true },
        wide: { path: '/api/wide', upstream: origin, allow, destinations: ['empty', 'document', 'iframe'] },
        active: { path: '/api/active', upstream: origin, allow, destinations: ['empty', 'document'], activeContent: true },
      }),
    })
    browser = await launchChromium(hosts.args)
    context = await browser.newContext()
    page = await context.newPage()
    await page.goto(`${hosts.app}/`)
    const login = JSON.stringify({ account: 'ada', password: PASSWORD })
    const status = await page.evaluate(
      `fetch('/auth/login', { method: 'POST', headers: { 'content-type': 'application/json' }, body: ${JSON.stringify(login)} }).then((r) => r.status)`,
    )
    expect(status).toBe(200)
  })
  afterAll(async () => {
    await browser?.close()
    await kit?.close()
    await hosts?.close()
  })

  /** Opens an empty page there and runs the way; resolves when the browser is done with the request. */
  async function send({ from, act, ends }: Row, url: string): Promise<void> {
    await page.goto(from === 'own' ? `${hosts.app}/` : `${hosts[from]}/`)
    const over =
      ends === 'act' ? null : context.waitForEvent('requestfinished', { predicate: (sent) => sent.url().startsWith(url), timeout: 4000 })
    const failed =
      ends === 'act' ? null : context.waitForEvent('requestfailed', { predicate: (sent) => sent.url().startsWith(url), timeout: 4000 })
    const ended = over === null || failed === null ? null : Promise.race([over.catch(() => failed), failed.catch(() => over)])
    await page.evaluate(`((url) => ${act})(${JSON.stringify(url)})`).catch((cause: Error) => {
      // The page that ran it is gone: that is what a navigation does.
      if (!/navigation|context was destroyed/i.test(cause.message)) throw cause
    })
    await ended?.catch(() => undefined)
  }

  test.each(ROWS.map((row) => [row.id, row.what, NAMES[row.from], row.passes ? 'gets through' : 'is refused', row.slug] as const))(
    '%s %s from %s %s',
    async (_id, _what, _from, _outcome, slug) => {
      const row = ROWS.find((each) => each.slug === slug)
      if (row === undefined) throw new Error(slug)
      for (const api of ['shop', 'open']) {
        await send(row, `${hosts.app}/api/${api}/${slug}`)
        const reached = upstream.seen.filter((line) => line.split('?', 1)[0]?.endsWith(`/${slug}`))
        expect([api, reached.length]).toEqual([api, row.passes ? (api === 'shop' ? 1 : 2) : 0])
        for (const line of reached) expect(line.split(' ', 1)[0]).toBe(row.method)
      }
    },
  )

  test('every one of them came as far as the gateway: no row is green because its request was never sent', async () => {
    await vi.waitFor(
      () => {
        const log = readFileSync(join(kit.folder, 'access.log'), 'utf8')
        const sent = ROWS.filter(({ from, stoppedAtHome }) => !(from === 'own' && stoppedAtHome === true))
        const missing = sent
          .flatMap((row) => ['shop', 'open'].map((api) => `/api/${api}/${row.slug}"`))
          .filter((path) => !log.includes(path))
        expect(missing).toEqual([])
      },
      { timeout: 5000 },
    )
  })

  test.each(['html', 'svg', 'xml'])('HDR-12 an API’s %s is saved, not shown, even where documents may be loaded', async (kind) => {
    await page.goto(`${hosts.app}/`)
    const download = page.waitForEvent('download')
    await page.evaluate(`(() => { location.href = '/api/wide/${kind}' })()`)
    await (await download).cancel()
    expect(await page.title()).toBe('empty')
    expect(await page.evaluate(`fetch('/api/wide/${kind}').then((r) => r.text())`)).toContain('script')
  })

  test('HDR-12 with activeContent it is shown, and nothing in it runs', async () => {
    await page.goto(`${hosts.app}/api/active/html`)
    expect(await page.locator('h1').textContent()).toBe('Hello')
    expect(await page.title()).toBe('before')
  })

  test('CSRF-18 an API’s JavaScript is text to the browser', async () => {
    await page.goto(`${hosts.app}/`)
    const type = (path: string): Promise<unknown> => page.evaluate(`fetch('${path}').then((r) => r.headers.get('content-type'))`)
    expect(await type('/api/wide/js')).toBe('text/plain; charset=utf-8')
    expect(await type('/api/active/js')).toBe('text/javascript')
    for (const api of ['wide', 'active']) {
      await page.evaluate(element('script', `e.src = '/api/${api}/js'`))
      expect(await page.title()).toBe('empty')
    }
  })

  test('CSRF-18 a callback in the query is the API’s affair: what it answers is passed as data', async () => {
    await page.goto(`${hosts.app}/`)
    expect(await page.evaluate(`fetch('/api/open/jsonp?callback=alert').then((r) => r.text())`)).toContain('/open/jsonp?callback=alert')
  })

  test('CSRF-11 CSRF-12 no other page may read an answer, whatever the API says of itself', async () => {
    await page.goto(`${hosts.evil}/`)
    expect(await page.evaluate(quietly(`fetch('${hosts.app}/api/open/cors')`))).toBe('failed')
    await page.goto(`${hosts.app}/`)
    expect(await page.evaluate(`fetch('/api/open/cors').then((r) => r.headers.get('access-control-allow-origin'))`)).toBeNull()
  })
})

const HTML = '<!doctype html><title>before</title><h1>Hello</h1><script>document.title = "run"</script>'
const BODIES: Readonly<Record<string, readonly [type: string, body: string]>> = {
  '/html': ['text/html', HTML],
  '/svg': ['image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg"><script>document.title = "run"</script></svg>'],
  '/xml': ['application/xml', '<h:html xmlns:h="http://www.w3.org/1999/xhtml"><h:script>document.title = "run"</h:script></h:html>'],
  '/js': ['text/javascript', 'document.title = "run"'],
}

function answer({ url = '', headers }: IncomingMessage, response: ServerResponse): void {
  const events = headers.accept === 'text/event-stream' ? headers.accept : 'application/json'
  const [type, body] = BODIES[url] ?? [events, JSON.stringify({ url })]
  response.setHeader('content-type', type)
  response.setHeader('access-control-allow-origin', '*')
  response.end(body)
}
