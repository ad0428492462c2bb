import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { ask, NAVIGATION, openSiteDoor, type SiteDoor } from '../../test/site-door.ts'
import { SITE_POLICY } from './content-policy.ts'
import { createDevServerSite } from './dev-server.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

interface Asked {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingMessage['headers']
}

async function start(
  answer: (request: IncomingMessage, response: ServerResponse, origin: string) => void,
): Promise<{ readonly door: SiteDoor; readonly asked: readonly Asked[]; readonly origin: string; readonly server: Server }> {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    asked.push({ method: request.method, url: request.url, headers: request.headers })
    answer(request, response, origin)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  closing.push(
    () =>
      new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      }),
  )
  const door = await openSiteDoor(createDevServerSite({ origin, csp: SITE_POLICY }))
  closing.push(() => door.close())
  return { door, asked, origin, server }
}

test('COO-13 the dev server sees neither our cookies nor any credential of the page, and its own cookies only', async () => {
  const { door, asked, origin } = await start((_request, response) => response.end('ok'))
  await ask(door, '/src/main.ts?import', {
    headers: {
      ...NAVIGATION,
      authorization: 'Bearer canary',
      'x-api-key': 'canary',
      'proxy-authorization': 'canary',
      'x-forwarded-for': '1.2.3.4',
      origin: door.origin,
      cookie: '__Host-Http-session=canary; theme=dark; __Host-Http-visit=canary; __host-http-SESSION=canary; __Secure-x=canary; lang=de',
    },
  })
  expect(asked).toHaveLength(1)
  expect(asked[0]).toMatchObject({
    method: 'GET',
    url: '/src/main.ts?import',
    headers: { host: new URL(origin).host, cookie: 'theme=dark; lang=de', accept: NAVIGATION.accept },
  })
  expect(JSON.stringify(asked)).not.toMatch(/canary|1\.2\.3\.4|x-csrf|origin/)
})

test('HDR-05 HDR-07 its answers carry our fields, loosened for hot reload, and none of what it says about our origin', async () => {
  const { door } = await start((_request, response) => {
    response.setHeader('content-type', 'text/html')
    response.setHeader('content-security-policy', 'default-src *')
    response.setHeader('access-control-allow-origin', '*')
    response.setHeader('strict-transport-security', 'max-age=1')
    response.setHeader('server', 'canary')
    response.setHeader('set-cookie', ['__Host-Http-session=planted; Path=/; Secure', 'theme=dark'])
    response.setHeader('etag', '"1"')
    response.end('<!doctype html>')
  })
  const { headers, body } = await ask(door, '/', { headers: NAVIGATION })
  expect(body.toString()).toBe('<!doctype html>')
  expect(headers['content-security-policy']).toMatch(/script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:.*connect-src 'self' ws: wss:/)
  expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
  expect(headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'cross-origin-opener-policy': 'same-origin',
    etag: '"1"',
    'set-cookie': ['theme=dark'],
  })
  expect(headers['access-control-allow-origin'] ?? headers['strict-transport-security'] ?? headers.server).toBeUndefined()
})

test('HTTP-26 conditional requests, ranges, encodings and HEAD pass through', async () => {
  const { door, asked } = await start((request, response) => {
    if (request.headers['if-none-match'] === '"1"') response.writeHead(304, { etag: '"1"' }).end()
    else if (request.headers.range !== undefined)
      response.writeHead(206, { 'content-range': 'bytes 0-1/5', 'content-length': '2' }).end('he')
    else response.writeHead(200, { 'content-length': '5', 'content-encoding': 'gzip' }).end('hello')
  })
  expect(await ask(door, '/x', { headers: { 'if-none-match': '"1"' } })).toMatchObject({ status: 304, headers: { etag: '"1"' } })
  expect(await ask(door, '/x', { headers: { range: 'bytes=0-1' } })).toMatchObject({ status: 206, body: Buffer.from('he') })
  expect(await ask(door, '/x')).toMatchObject({ status: 200, headers: { 'content-encoding': 'gzip', 'content-length': '5' } })
  const head = await ask(door, '/x', { method: 'HEAD' })
  expect(head).toMatchObject({ status: 200, headers: { 'content-length': '5' } })
  expect(head.body).toHaveLength(0)
  expect(asked.map((one) => one.method)).toEqual(['GET', 'GET', 'GET', 'HEAD'])
})

test('an answer of unknown length streams, and one that breaks off does not look whole', async () => {
  const { door } = await start((request, response) => {
    response.write('first')
    if (request.url === '/broken') setImmediate(() => response.destroy())
    else response.end(' last')
  })
  expect((await ask(door, '/whole')).body.toString()).toBe('first last')
  await expect(ask(door, '/broken')).rejects.toThrow(/aborted|hang up|ECONNRESET/)
})

test('a redirect to itself becomes ours, a redirect to elsewhere is not followed and not passed on', async () => {
  const { door } = await start((request, response, origin) => {
    const targets: Record<string, string> = {
      '/a': '/docs/',
      '/b': `${origin}/docs/?x=1`,
      '/c': 'https://evil.example/',
      '/d': '//evil.example/',
      '/e': `${origin}//evil.example/`,
    }
    response.writeHead(302, { location: targets[request.url ?? ''] }).end()
  })
  expect(await ask(door, '/a', { headers: NAVIGATION })).toMatchObject({ status: 303, headers: { location: '/docs/' } })
  expect(await ask(door, '/b', { headers: NAVIGATION })).toMatchObject({ status: 303, headers: { location: '/docs/?x=1' } })
  expect(await ask(door, '/c', { headers: NAVIGATION })).toMatchObject({ status: 502, headers: { 'cloakroom-error': 'upstream_redirect' } })
  expect(await ask(door, '/d', { headers: NAVIGATION })).toMatchObject({ status: 502 })
  expect(await ask(door, '/e', { headers: NAVIGATION })).toMatchObject({ status: 303, headers: { location: '/evil.example/' } })
})

test('a dev server that is not running is a plain 502, and the log says which', async () => {
  const { door, server, origin } = await start((_request, response) => response.end())
  await new Promise((resolve) => server.close(resolve))
  expect(await ask(door, '/')).toMatchObject({ status: 502, headers: { 'cloakroom-error': 'upstream_unreachable' } })
  expect(String(door.failures[0])).toContain(`the dev server at ${origin} does not answer; is it running?`)
})
