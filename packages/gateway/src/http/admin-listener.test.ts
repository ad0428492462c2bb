import { type IncomingMessage, request } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { manualLater } from '../../test/fakes/later.ts'
import { createMetrics } from '../audit/metrics.ts'
import { type AdminListener, type AdminListenerOptions, refuseForApi, startAdminListener } from './admin-listener.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function start(options: Partial<AdminListenerOptions> = {}): Promise<AdminListener> {
  const metrics = createMetrics(() => 0)
  const listener = await startAdminListener({
    host: '127.0.0.1',
    port: 0,
    probes: { stores: () => 1, vault: async () => true },
    metrics,
    later: manualLater().later,
    newRequestId: () => 'r-1',
    ...options,
  })
  closing.push(
    () => listener.close(),
    () => metrics.close(),
  )
  return listener
}

interface Got {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

function ask(
  port: number,
  path: string,
  options: { readonly method?: string; readonly headers?: Record<string, string | string[]> } = {},
): Promise<Got> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, agent: false, ...options }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() }),
      )
    })
    sent.on('error', reject)
    sent.end()
  })
}

test('a healthy gateway answers 200, and HEAD has no body', async () => {
  const { port } = await start()
  expect(await ask(port, '/healthz')).toMatchObject({
    status: 200,
    text: '{"status":"ok"}',
    headers: { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' },
  })
  expect(await ask(port, '/healthz', { method: 'HEAD' })).toMatchObject({ status: 200, text: '', headers: { 'content-length': '15' } })
})

test('ADM-04 an unhealthy gateway answers 503 and names the part, not the reason', async () => {
  const { port } = await start({
    probes: {
      stores: () => {
        throw new Error('canary: /var/lib/secret.db is locked')
      },
      vault: () => Promise.reject(new Error('canary')),
      clock: () => 1,
    },
  })
  const got = await ask(port, '/healthz')
  expect(got).toMatchObject({ status: 503, text: '{"status":"failing","failing":["stores","vault"]}' })
  expect(JSON.stringify(got)).not.toContain('canary')
})

test('a part that hangs counts as failing after two seconds', async () => {
  const time = manualLater()
  const { port } = await start({
    later: (run, ms) => {
      const off = time.later(run, ms)
      queueMicrotask(() => time.pass(2000))
      return off
    },
    probes: { stores: () => new Promise(() => undefined) },
  })
  expect(await ask(port, '/healthz')).toMatchObject({ status: 503, text: '{"status":"failing","failing":["stores"]}' })
})

test('the figures are there in the text format', async () => {
  const { port } = await start()
  const got = await ask(port, '/metrics')
  expect(got.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
  expect(got.text).toContain('# TYPE cloakroom_requests_total counter')
})

test.each(['/', '/metrics/', '/metrics?x=1', '/auth/login', '//metrics', '/healthz/../metrics'])(
  '%s does not exist on the admin listener',
  async (path) => {
    const { port } = await start()
    expect((await ask(port, path)).status).toBe(404)
  },
)

test.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('%s is not taken', async (method) => {
  const { port } = await start()
  expect(await ask(port, '/metrics', { method })).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } })
})

test.each([['evil.example'], ['evil.example:9090'], ['localhost.evil.example'], ['127.0.0.1.evil.example'], ['192.0.2.1'], ['[::1].evil']])(
  'ADM-04 asked under the name %s, as after DNS rebinding, it answers 421',
  async (host) => {
    const { port } = await start()
    expect(await ask(port, '/metrics', { headers: { host } })).toMatchObject({ status: 421 })
  },
)

test.each([['localhost'], ['LOCALHOST:9090'], ['127.0.0.1:1'], ['[::1]:9090'], ['gateway.internal:9090']])(
  'it answers to %s',
  async (host) => {
    const { port } = await start({ names: ['gateway.internal'] })
    expect((await ask(port, '/healthz', { headers: { host } })).status).toBe(200)
  },
)

test('ADM-04 a page of another website gets nothing: no figures, no CORS fields', async () => {
  const { port } = await start()
  for (const site of ['cross-site', 'same-site', 'same-origin']) {
    const got = await ask(port, '/metrics', { headers: { 'sec-fetch-site': site, origin: 'https://evil.example' } })
    expect(got.status).toBe(403)
    expect(got.headers['access-control-allow-origin']).toBeUndefined()
  }
  expect((await ask(port, '/metrics', { headers: { 'sec-fetch-site': 'none' } })).status).toBe(200)
})

test('ADM-01 the Admin API answers this machine, or through the proxy that the operator named: no password goes over a network in the clear', () => {
  const asked = (remoteAddress: string, host: string, apiName: string | null): string | null =>
    refuseForApi({ method: 'GET', headersDistinct: { host: [host] }, socket: { remoteAddress } } as unknown as IncomingMessage, apiName)
  for (const here of ['127.0.0.1', '127.8.0.1', '::1', '::ffff:127.0.0.1']) expect(asked(here, 'localhost:9090', null)).toBeNull()
  for (const there of ['192.0.2.7', '::ffff:192.0.2.7', '2001:db8::7', '']) {
    expect(asked(there, 'localhost:9090', null)).toBe('plain_http')
    expect(asked(there, 'admin.example.com', null)).toBe('plain_http')
    expect(asked(there, 'admin.example.com', 'admin.example.com')).toBeNull()
    expect(asked(there, 'localhost:9090', 'admin.example.com')).toBe('plain_http')
  }
})
