import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { call } from '../call.ts'
import { makeAuthority } from '../certificates.ts'
import { findNginx } from '../contestants.ts'
import { type Kit, PASSWORD, startKit } from '../kit.ts'
import { gate } from '../upstream.ts'

const DEPLOY = resolve(import.meta.dirname, '../../../../deploy')
const nginx = findNginx()

interface Front {
  readonly httpsPort: number
  readonly httpPort: number
  readonly ca: string
  close(): Promise<void>
}

/** deploy/nginx.conf itself, with other ports, names and certificates. */
async function startFront(binary: string, gatewayPort: number, httpsPort: number): Promise<Front> {
  const folder = mkdtempSync(join(tmpdir(), 'cloakroom-nginx-'))
  const httpPort = await freePort()
  const authority = await makeAuthority()
  const own = await authority.issue(['localhost'])
  writeFileSync(join(folder, 'cert.pem'), own.cert)
  writeFileSync(join(folder, 'key.pem'), own.key)
  mkdirSync(join(folder, 'temp'))
  const site = readFileSync(join(DEPLOY, 'nginx.conf'), 'utf8')
    .replaceAll(/^.*listen \[::\].*\n/gm, '')
    .replaceAll('listen 443', `listen 127.0.0.1:${httpsPort}`)
    .replaceAll('listen 80', `listen 127.0.0.1:${httpPort}`)
    .replace('server 127.0.0.1:8080', `server 127.0.0.1:${gatewayPort}`)
    .replace('server_name shop.example', 'server_name localhost')
    .replace('/etc/cloakroom/fullchain.pem', join(folder, 'cert.pem'))
    .replace('/etc/cloakroom/privkey.pem', join(folder, 'key.pem'))
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/temp/${name};`).join(' ')
  const main = `daemon off; pid ${folder}/pid; error_log ${folder}/error.log; events {} http { access_log off; ${temp}\n${site}\n}`
  writeFileSync(join(folder, 'main.conf'), main)
  const args = ['-p', folder, '-c', join(folder, 'main.conf')]
  const checked = spawnSync(binary, [...args, '-t'], { encoding: 'utf8' })
  if (checked.status !== 0) throw new Error(checked.stderr)
  const child = spawn(binary, args, { stdio: 'ignore' })
  await vi.waitFor(() => connects(httpsPort), { timeout: 5000, interval: 20 })
  return {
    httpsPort,
    httpPort,
    ca: authority.pem,
    async close() {
      await ended(child)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function ended(child: ChildProcess): Promise<void> {
  const closed = new Promise((done) => child.once('close', done))
  child.kill('SIGTERM')
  await closed
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  const { port } = server.address() as AddressInfo
  await new Promise((done) => server.close(done))
  return port
}

function connects(port: number): Promise<void> {
  return new Promise((done, fail) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      done()
    }).once('error', fail)
  })
}

test.skipIf(process.env['CI'] !== 'true')('on a build machine nginx is there', () => {
  expect(nginx).not.toBeNull()
})

describe.skipIf(nginx === null)('TLS-08 behind nginx as deploy/nginx.conf sets it up', () => {
  let kit: Kit
  let front: Front
  let cookie: string
  const held = gate()

  interface Ask {
    readonly method?: string
    readonly headers?: Readonly<Record<string, string>>
    readonly scheme?: 'http' | 'https'
    readonly body?: string
  }

  function begin(path: string, { method = 'GET', headers = {}, scheme = 'https' }: Ask = {}) {
    const options = {
      host: '127.0.0.1',
      // A visitor whose address is not the proxy's.
      localAddress: '127.0.0.3',
      servername: 'localhost',
      ca: front.ca,
      port: scheme === 'https' ? front.httpsPort : front.httpPort,
      method,
      path,
      headers: {
        host: `localhost:${front.httpsPort}`,
        'sec-fetch-site': 'same-origin',
        'sec-fetch-mode': 'cors',
        'sec-fetch-dest': 'empty',
        ...headers,
      },
      agent: false,
    }
    const sent = scheme === 'https' ? tlsRequest(options) : plainRequest(options)
    const answered = new Promise<IncomingMessage>((done, fail) => sent.once('response', done).once('error', fail))
    return { sent, answered }
  }

  async function ask(path: string, options: Ask = {}): Promise<IncomingMessage & { text: string }> {
    const { sent, answered } = begin(path, options)
    sent.end(options.body)
    const answer = await answered
    let text = ''
    for await (const piece of answer.setEncoding('utf8')) text += String(piece)
    return Object.assign(answer, { text })
  }

  beforeAll(async () => {
    const httpsPort = await freePort()
    kit = await startKit({
      config: {
        publicUrl: `https://localhost:${httpsPort}`,
        trustedProxies: ['127.0.0.1'],
        shop: { allow: ['GET /**', 'POST /orders'] },
      },
      upstream: {
        script: (asked) =>
          asked.target.endsWith('/events')
            ? { headers: [['content-type', 'text/event-stream']], body: ['data: one\n\n', held, 'data: two\n\n'] }
            : { headers: [['content-type', 'application/json']], body: '{}' },
      },
    })
    front = await startFront(nginx ?? '', kit.running.port, httpsPort)
    const signedIn = await ask('/auth/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: kit.origin },
      body: JSON.stringify({ account: 'ada', password: PASSWORD }),
    })
    expect(signedIn.statusCode).toBe(200)
    cookie = signedIn.headers['set-cookie']?.find((line) => line.startsWith('__Host-Http-session='))?.split(';')[0] ?? ''
  })
  afterAll(async () => {
    await front?.close()
    await kit?.close()
  })

  test('TLS-08 a call over HTTPS arrives with the secret, and the answer says HSTS', async () => {
    const answer = await ask('/api/shop/products', { headers: { cookie } })
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['strict-transport-security']).toMatch(/max-age=\d+/)
    expect(kit.upstream.requests.at(-1)?.header('authorization')).toBe(`Bearer ${kit.secret}`)
  })

  test('TLS-08 over plain HTTP a page is redirected and a call refused, whatever the visitor writes about it', async () => {
    const before = kit.upstream.requests.length
    const lies = { cookie, 'x-forwarded-proto': 'https', forwarded: 'proto=https' }
    const refused = await ask('/api/shop/products', { scheme: 'http', headers: lies })
    expect([refused.statusCode, refused.headers['cloakroom-error']]).toEqual([403, 'plain_http'])
    const page = await ask('/auth/login?next=%2Fx', {
      scheme: 'http',
      headers: { ...lies, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-fetch-site': 'none', accept: 'text/html' },
    })
    expect([page.statusCode, page.headers.location]).toEqual([308, `${kit.origin}/auth/login?next=%2Fx`])
    expect(kit.upstream.requests).toHaveLength(before)
  })

  test('TLS-08 past the proxy, from an address that is not the proxy’s, its fields do not count', async () => {
    const before = kit.upstream.requests.length
    const { sent, answered } = (() => {
      const direct = plainRequest({
        host: '127.0.0.1',
        localAddress: '127.0.0.3',
        port: kit.running.port,
        path: '/api/shop/products',
        headers: { host: new URL(kit.origin).host, cookie, 'sec-fetch-site': 'same-origin', 'x-forwarded-proto': 'https' },
      })
      return { sent: direct, answered: new Promise<IncomingMessage>((done, fail) => direct.once('response', done).once('error', fail)) }
    })()
    sent.end()
    const answer = await answered
    answer.resume()
    expect([answer.statusCode, answer.headers['cloakroom-error']]).toEqual([403, 'plain_http'])
    expect(kit.upstream.requests).toHaveLength(before)
  })

  test('TLS-08 from the proxy’s address without its fields, a call is plain', async () => {
    const answer = await call(kit.running.port, 'GET', '/api/shop/products', { host: new URL(kit.origin).host, cookie })
    expect([answer.status, answer.header('cloakroom-error')]).toEqual([403, 'plain_http'])
  })

  test('TLS-08 the visitor’s address is the one that nginx saw, not one that he wrote', async () => {
    await ask('/api/shop/forged', { headers: { cookie, 'x-forwarded-for': '198.51.100.7', 'x-real-ip': '198.51.100.7' } })
    const line = await vi.waitFor(
      () => {
        const found = readFileSync(join(kit.folder, 'access.log'), 'utf8')
          .split('\n')
          .find((each) => each.includes('/api/shop/forged'))
        expect(found).toBeDefined()
        return found ?? ''
      },
      { timeout: 5000, interval: 50 },
    )
    expect((JSON.parse(line) as { address: string; scheme: string }).address).toBe('127.0.0.3')
  })

  test('a name that is not ours gets no certificate, and a path arrives as it was sent', async () => {
    const stranger = tlsRequest({ host: '127.0.0.1', port: front.httpsPort, servername: 'other.example', ca: front.ca, agent: false })
    await expect(new Promise((done, fail) => stranger.once('response', done).once('error', fail).end())).rejects.toThrow(
      /alert|EPROTO|handshake/i,
    )
    const refused = await ask('/api//shop/..%2f..%2fadmin', { headers: { cookie } })
    expect([refused.statusCode, refused.headers['cloakroom-error']]).toEqual([400, 'bad_path'])
  })

  test('an event stream is not held back', async () => {
    const { sent, answered } = begin('/api/shop/events', { headers: { cookie } })
    sent.end()
    const answer = await answered
    const pieces = answer.setEncoding('utf8')[Symbol.asyncIterator]()
    expect((await pieces.next()).value).toBe('data: one\n\n')
    held.open()
    expect((await pieces.next()).value).toBe('data: two\n\n')
  })

  test('an upload is not gathered on the proxy’s disk first', async () => {
    const before = kit.upstream.bodyBytes
    const { sent, answered } = begin('/api/shop/orders', { method: 'POST', headers: { cookie, origin: kit.origin } })
    sent.write('first half, ')
    await kit.upstream.until(() => kit.upstream.bodyBytes > before)
    sent.end('second half')
    const answer = await answered
    answer.resume()
    expect(answer.statusCode).toBe(200)
    expect(kit.upstream.requests.at(-1)?.body.toString()).toBe('first half, second half')
  })
})
