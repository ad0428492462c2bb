import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Kit, PASSWORD, startKit } from '../kit.ts'
import { executable, launchChromium } from './chromium.ts'

const WORDS = ['Camellia ', 'sinensis ', 'needs ', 'rain, ', 'shade ', 'and ', 'patience.']

interface Api {
  readonly origin: string
  readonly seen: { readonly authorization: string; readonly dummy: boolean }[]
  close(): Promise<void>
}

/** A server that speaks the chat completions API, streaming, and demands its key. */
async function startApi(secret: string): Promise<Api> {
  const seen: Api['seen'] = []
  const server = createServer((request, response) => {
    const authorization = request.headers.authorization ?? ''
    seen.push({ authorization, dummy: JSON.stringify(request.rawHeaders).includes('dummy') })
    if (authorization !== `Bearer ${secret}`) {
      response
        .writeHead(401, { 'content-type': 'application/json' })
        .end('{"error":{"message":"Incorrect API key provided","type":"invalid_request_error"}}')
      return
    }
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      const { stream, model } = JSON.parse(body) as { stream?: boolean; model: string }
      const base = { id: 'chatcmpl-1', created: 1_790_000_000, model }
      if (stream !== true) {
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end(
          JSON.stringify({
            ...base,
            object: 'chat.completion',
            choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: WORDS.join('') } }],
          }),
        )
        return
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const pieces = [...WORDS]
      const next = (): void => {
        const content = pieces.shift()
        const choice =
          content === undefined ? { index: 0, delta: {}, finish_reason: 'stop' } : { index: 0, delta: { content }, finish_reason: null }
        response.write(`data: ${JSON.stringify({ ...base, object: 'chat.completion.chunk', choices: [choice] })}\n\n`)
        if (content === undefined) response.end('data: [DONE]\n\n')
        else setTimeout(next, 15)
      }
      next()
    })
  })
  await new Promise<void>((started) => server.listen(0, '127.0.0.1', started))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}

const PAGE_SCRIPT = `
import OpenAI from 'openai'
const client = new OpenAI({ baseURL: location.origin + '/api/shop', apiKey: 'dummy-key-of-the-page', dangerouslyAllowBrowser: true, maxRetries: 0 })
const messages = [{ role: 'user', content: 'What does tea need?' }]
globalThis.whole = async () => (await client.chat.completions.create({ model: 'small', messages })).choices[0].message.content
globalThis.streamed = async () => {
  const pieces = []
  for await (const chunk of await client.chat.completions.create({ model: 'small', messages, stream: true })) {
    const text = chunk.choices[0]?.delta?.content
    if (text) pieces.push([text, Math.round(performance.now())])
  }
  return pieces
}
globalThis.refused = async () => { try { await client.models.list(); return 'listed' } catch (cause) { return cause.status } }
document.documentElement.dataset.ready = 'yes'
`

describe.skipIf(executable === null)('the official openai SDK, in a real browser', () => {
  let folder: string
  let kit: Kit
  let api: Api
  let browser: Browser
  let page: Page

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cloakroom-sdk-'))
    const entry = join(folder, 'page.js')
    writeFileSync(entry, PAGE_SCRIPT)
    const site = join(folder, 'site')
    mkdirSync(site)
    await build({
      configFile: false,
      logLevel: 'silent',
      root: folder,
      resolve: { alias: { openai: resolve(import.meta.dirname, '../../../../node_modules/openai') } },
      build: { outDir: site, emptyOutDir: true, minify: false, lib: { entry, formats: ['es'], fileName: () => 'page.js' } },
    })
    writeFileSync(join(site, 'index.html'), '<!doctype html><title>Ask</title><script type="module" src="/page.js"></script>')
    kit = await startKit({
      api: async (secret) => (api = await startApi(secret)),
      config: { site, shop: { allow: ['POST /chat/completions'] } },
    })
    browser = await launchChromium()
    page = await browser.newPage()
    await page.goto(`${kit.origin}/auth/login?next=/`)
    await page.locator('input[autocomplete="username"]').fill('ada')
    await page.locator('input[autocomplete="current-password"]').fill(PASSWORD)
    await page.locator('input[autocomplete="current-password"]').press('Enter')
    await page.locator('html[data-ready]').waitFor({ state: 'attached' })
  })
  afterAll(async () => {
    await browser?.close()
    await kit?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test('a whole answer', async () => {
    expect(await page.evaluate('whole()')).toBe(WORDS.join(''))
  })

  test('HTTP-26 a streamed answer, piece by piece', async () => {
    const pieces = (await page.evaluate('streamed()')) as readonly (readonly [string, number])[]
    expect(pieces.map(([text]) => text)).toEqual(WORDS)
    // The server waits between its pieces; an answer that was gathered first would come at one moment.
    const [first, last] = [pieces[0]?.[1] ?? 0, pieces.at(-1)?.[1] ?? 0]
    expect(last - first).toBeGreaterThanOrEqual(50)
  })

  test('what is not on the list is refused, in the SDK’s own terms', async () => {
    expect(await page.evaluate('refused()')).toBe(404)
  })

  test('VLT-10 the API saw the real key on every call, and never the page’s', () => {
    expect(api.seen.length).toBe(2)
    for (const { authorization, dummy } of api.seen) {
      expect(authorization).toBe(`Bearer ${kit.secret}`)
      expect(dummy).toBe(false)
    }
  })
})
