import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type ClientHttp2Session } from 'node:http2'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memoryNonces, staticKeys, type FieldLine, type RequestMessage } from '../src/index.ts'
import { requireSignature } from '../src/middleware/node.ts'
import { collectReasons } from './apps.ts'
import { makeCertificate } from './certificates.ts'
import { gatewayKey, NOON, signed } from './kit.ts'
import { optionalProgram } from './optional.ts'
import { listenWith, send, text, type Listening } from './servers.ts'

const nginx = optionalProgram('/usr/sbin/nginx', 'nginx')
const openssl = optionalProgram('/usr/bin/openssl', 'openssl')
const AUTHORITY = 'api.example.test'

// The gateway speaks HTTP/2 and TLS to nginx, nginx speaks plain HTTP/1.1 to the API: both hops that UPV-19 names, in one request.
describe.skipIf(nginx === null || openssl === null)('a signature on its way through nginx (UPV-19)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cloakroom-nginx-'))
  const { reasons, report } = collectReasons()
  let api: Listening
  let tlsPort = 0
  let plainPort = 0
  let session: ClientHttp2Session
  let stop: () => Promise<void> = () => Promise.resolve()

  beforeAll(async () => {
    const keys = await staticKeys([gatewayKey.publicJwk!])
    const handler = requireSignature(
      { authority: AUTHORITY, keys, nonces: memoryNonces(), clock: () => NOON, report },
      (request, response, { path, query, context }) => {
        void text(request).then((content) =>
          response.end(
            JSON.stringify({
              content,
              path,
              query,
              account: context?.account ?? null,
              forwarded: request.headers['x-forwarded-for'] ?? null,
              version: request.httpVersion,
            }),
          ),
        )
      },
    )
    api = await listenWith(handler)
    const certificate = makeCertificate(openssl!, folder, 'nginx', `DNS:${AUTHORITY}`, null)
    ;[tlsPort, plainPort] = [await freePort(), await freePort()]
    mkdirSync(join(folder, 'logs'))
    const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')
    const location = `location / { proxy_pass http://127.0.0.1:${api.port}; proxy_http_version 1.1; proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $remote_addr; }`
    writeFileSync(
      join(folder, 'nginx.conf'),
      `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log; events { worker_connections 64; }
       http { access_log off; ${temp}
         server { listen 127.0.0.1:${tlsPort} ssl http2; ssl_certificate ${certificate.certFile}; ssl_certificate_key ${certificate.keyFile}; ${location.replace('$http_host', '$host')} }
         server { listen 127.0.0.1:${plainPort}; ${location} } }`,
    )
    const server = spawn(nginx!, ['-p', folder, '-e', join(folder, 'error.log'), '-c', join(folder, 'nginx.conf')], { stdio: 'ignore' })
    const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()))
    stop = async () => {
      server.kill()
      await ended
    }
    await reachable(plainPort)
    session = connect(`https://127.0.0.1:${tlsPort}`, { ca: certificate.cert, servername: AUTHORITY })
  })
  afterAll(async () => {
    session.destroy()
    await stop()
    await api.close()
    rmSync(folder, { recursive: true })
  })

  const content = new TextEncoder().encode('{"text":"caf\u00e9, \u{1f9e5}"}'.repeat(2000))
  let count = 0
  const order = (path: string, query: string | null, method = 'POST'): Promise<RequestMessage> => {
    const fields: readonly FieldLine[] = [
      ['Cloakroom-Context', 'v=1, sub="u_123"'],
      ...(method === 'POST' ? [['Content-Type', 'application/json'] as const] : []),
    ]
    const request: RequestMessage = { kind: 'request', method, scheme: 'https', authority: AUTHORITY, path, query, fields }
    return signed(request, method === 'POST' ? content : null, { nonce: () => `nonce-through-nginx-${count++}` })
  }

  function overHttp2(request: RequestMessage, body: Uint8Array | null): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const target = request.query === null ? request.path : `${request.path}?${request.query}`
      const stream = session.request({
        ':method': request.method,
        ':path': target,
        ':authority': AUTHORITY,
        ...Object.fromEntries(request.fields),
      })
      let answer = ''
      let status = 0
      stream.on('response', (headers) => (status = headers[':status'] ?? 0))
      stream.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk))
      stream.on('end', () => resolve({ status, body: answer })).on('error', reject)
      stream.end(body ?? undefined)
    })
  }

  it('HTTP/2 and TLS in front, HTTP/1.1 behind: accepted with its content', async () => {
    const answer = await overHttp2(await order('/v1/orders', 'dry=1&x=%2F'), content)
    expect({ status: answer.status, reasons }).toEqual({ status: 200, reasons: [] })
    expect(JSON.parse(answer.body)).toEqual({
      content: new TextDecoder().decode(content),
      path: '/v1/orders',
      query: 'dry=1&x=%2F',
      account: 'u_123',
      forwarded: null,
      version: '1.1',
    })
  })

  it.each([
    ['/', null],
    ['/a%2Fb', null],
    ['/caf%C3%A9/%7Euser', 'q=%20+x'],
    ['/a;b=c,d', '?'],
    ['/a//b', 'a=b&&c'],
  ])('GET %s with the query %s arrives as it was signed', async (path, query) => {
    expect((await overHttp2(await order(path, query, 'GET'), null)).status).toBe(200)
  })

  it('HTTP/1.1 on both sides: accepted', async () => {
    const request = await order('/v1/orders', null)
    const answer = await send(plainPort, 'POST', '/v1/orders', [['Host', AUTHORITY], ...request.fields], content)
    expect(answer.status).toBe(200)
  })

  it('content sent in pieces: nginx frames it anew, the digest holds', async () => {
    const request = await order('/v1/orders', null)
    const answer = await send(plainPort, 'POST', '/v1/orders', [['Host', AUTHORITY], ...request.fields], content, 5)
    expect(answer.status).toBe(200)
  })

  it('changed or unsigned on the way: refused', async () => {
    const request = await order('/v1/orders', 'dry=1')
    expect((await overHttp2({ ...request, query: 'dry=0' }, content)).status).toBe(403)
    expect((await overHttp2({ ...request, fields: [['content-type', 'application/json']] }, content)).status).toBe(403)
    expect(reasons.slice(-2)).toEqual(['bad_signature', 'unsigned'])
  })
})

async function freePort(): Promise<number> {
  const taken = await listenWith(() => undefined)
  await taken.close()
  return taken.port
}

async function reachable(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = createConnection({ port, host: '127.0.0.1' }, () => resolve(true))
      socket.on('error', () => resolve(false)).on('connect', () => socket.destroy())
    })
    if (open) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('nginx did not start')
}
