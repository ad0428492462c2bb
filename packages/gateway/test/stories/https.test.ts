import { spawn, spawnSync } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { Agent, createServer, request, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type PeerCertificate, type TLSSocket } from 'node:tls'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { nodeDoor } from '../../src/door/node.ts'
import { openServerTls, type ServerTls, type TlsOutcome } from '../../src/door/tls.ts'
import { createSpine } from '../../src/gateway.ts'
import { problem } from '../../src/http/problem.ts'
import type { Later } from '../../src/lib/later.ts'
import { makeAuthority, type TestAuthority, type TestCertificate } from '../certificates.ts'
import { makePolicy } from '../fixtures.ts'
import { ask, NAVIGATION, openSiteDoor } from '../site-door.ts'

const NOW = Date.now()
const DAY_MS = 86_400_000
const hasOpenssl = spawnSync('openssl', ['version']).status === 0

let authority: TestAuthority
let folder = ''
let paths = { cert: '', key: '' }
const closing: (() => unknown)[] = []

beforeAll(async () => {
  authority = await makeAuthority()
})
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tls-'))
  paths = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
})
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
  await rm(folder, { recursive: true })
})

async function install(pair: TestCertificate, mode = 0o600): Promise<void> {
  await writeFile(paths.key, pair.key)
  await chmod(paths.key, mode)
  await writeFile(paths.cert, pair.cert)
}

interface Started {
  readonly port: number
  readonly tls: ServerTls
  readonly notices: readonly string[]
  readonly outcomes: readonly TlsOutcome[]
  readonly server: Server
}

const never = (): never => {
  throw new Error('not asked')
}

/** An HTTPS listener with the real judgement behind it: a site that says hello, everybody a stranger. */
async function start(options: { readonly later?: Later; readonly onOutcome?: (outcome: TlsOutcome) => void } = {}): Promise<Started> {
  const notices: string[] = []
  const outcomes: TlsOutcome[] = []
  const tls = await openServerTls({
    ...paths,
    clock: () => NOW,
    onNotice: (text) => notices.push(text),
    later: options.later ?? (() => () => undefined),
    onOutcome: (outcome) => {
      outcomes.push(outcome)
      options.onOutcome?.(outcome)
    },
  })
  let policy = makePolicy()
  const gateway = createSpine({
    policy: () => policy,
    sessions: { claim: never, touch: never, end: never },
    visits: { open: never, start: never },
    counters: { add: never },
    vault: { open: never },
    forward: { send: never },
    endpoints: { answer: (head) => Promise.resolve(problem('not_found', { request: head.id })) },
    audit: { note: () => undefined, commit: never },
    observer: { access: () => undefined, failure: () => undefined },
    pseudonym: 'x',
    site: { answer: () => ({ status: 200, headers: [['content-type', 'text/plain']], body: Buffer.from('hello') }) },
  })
  const server = createServer(
    tls.options,
    nodeDoor(gateway, { policy: () => policy, clock: () => NOW, newRequestId: () => 'r', maxTargetBytes: 8192, maxRequests: 10 }),
  )
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  policy = makePolicy({ publicOrigin: `https://shop.test:${port}`, publicHost: `shop.test:${port}` })
  const stop = tls.attach(server)
  closing.push(() => {
    stop()
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return { port, tls, notices, outcomes, server }
}

/** The certificate that a new connection is shown. */
function shown(port: number, servername = 'shop.test', rejectUnauthorized = true): Promise<PeerCertificate> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({ host: '127.0.0.1', port, servername, ca: authority.pem, rejectUnauthorized }, () => {
      resolve(socket.getPeerCertificate())
      socket.destroy()
    })
    socket.on('error', reject)
  })
}

function get(
  port: number,
  path: string,
  options: { readonly host?: string; readonly agent?: Agent; readonly headers?: Record<string, string> } = {},
): Promise<{ readonly status: number; readonly text: string; readonly headers: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const { host = `shop.test:${port}`, agent = new Agent({ maxSockets: 1 }), headers = {} } = options
    const sent = request(
      { host: '127.0.0.1', port, path, agent, servername: 'shop.test', ca: authority.pem, headers: { host, ...headers } },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          if (options.agent === undefined) agent.destroy()
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString(), headers: response.headers })
        })
      },
    )
    sent.on('error', reject)
    sent.end()
  })
}

function openssl(port: number, ...args: readonly string[]): Promise<{ readonly connected: boolean; readonly text: string }> {
  return new Promise((resolve) => {
    const child = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'shop.test', '-brief', ...args])
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()))
    child.on('close', () => resolve({ connected: text.includes('CONNECTION ESTABLISHED'), text }))
    child.stdin.end('Q\n')
  })
}

describe.skipIf(!hasOpenssl)('what openssl s_client can agree on (skipped where openssl is missing)', () => {
  test.each([
    ['-tls1_3'],
    ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-GCM-SHA256'],
    ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
    ['-tls1_2', '-cipher', 'ECDHE-ECDSA-CHACHA20-POLY1305'],
  ])('TLS-01 %s %s %s is taken', async (...args) => {
    await install(await authority.issue(['shop.test']))
    const { port } = await start()
    expect(await openssl(port, ...args)).toMatchObject({ connected: true })
  })

  test.each([
    ['-tls1_1', '-cipher', 'DEFAULT@SECLEVEL=0'],
    ['-tls1', '-cipher', 'DEFAULT@SECLEVEL=0'],
    ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-SHA'],
    ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-SHA256'],
    ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES256-SHA384'],
    ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0'],
  ])('TLS-01 %s %s %s is refused', async (...args) => {
    await install(await authority.issue(['shop.test']))
    const { port } = await start()
    expect(await openssl(port, ...args)).toMatchObject({ connected: false })
  })
})

describe('names', () => {
  test('TLS-06 a server name that the certificate does not hold ends the handshake: no certificate is made up', async () => {
    await install(await authority.issue(['shop.test', 'www.shop.test']))
    const { port } = await start()
    expect((await shown(port)).subjectaltname).toBe('DNS:shop.test, DNS:www.shop.test')
    // A client that would take any certificate: it is the server that ends these.
    for (const name of ['other.test', 'shop.test.evil.example', 'api.shop.test']) await expect(shown(port, name, false)).rejects.toThrow()
    expect((await shown(port, 'www.shop.test', false)).subjectaltname).toContain('DNS:www.shop.test')
  })

  test('TLS-06 another Host over the right connection gets 421', async () => {
    await install(await authority.issue(['shop.test', 'www.shop.test']))
    const { port } = await start()
    expect(await get(port, '/')).toMatchObject({ status: 200, text: 'hello' })
    for (const host of ['www.shop.test', 'evil.example', `127.0.0.1:${port}`]) {
      expect(await get(port, '/', { host })).toMatchObject({ status: 421, headers: { 'cloakroom-error': 'misdirected' } })
    }
  })

  test('HDR-04 every answer over HTTPS carries Strict-Transport-Security', async () => {
    await install(await authority.issue(['shop.test']))
    const { port } = await start()
    for (const [path, host] of [
      ['/', undefined],
      ['/auth/x', undefined],
      ['/api/shop/nothing', undefined],
      ['/', 'evil.example'],
    ] as const) {
      const said = await get(port, path, host === undefined ? {} : { host })
      expect(said.headers['strict-transport-security']).toBe('max-age=31536000; includeSubDomains')
    }
  })

  test('TLS-02 over plain HTTP a person is led to HTTPS, the API is refused', async () => {
    const door = await openSiteDoor({ answer: never }, { policy: { publicOrigin: 'https://shop.test', publicHost: 'shop.test' } })
    closing.push(() => door.close())
    expect(await ask(door, '/orders?x=1', { headers: { ...NAVIGATION, host: 'shop.test' } })).toMatchObject({
      status: 308,
      headers: { location: 'https://shop.test/orders?x=1' },
    })
    const api = await ask(door, '/api/shop/products/1', {
      headers: { host: 'shop.test', 'sec-fetch-mode': 'cors', 'sec-fetch-site': 'same-origin' },
    })
    expect(api).toMatchObject({ status: 403, headers: { 'cloakroom-error': 'plain_http' } })
    expect(api.headers.location).toBeUndefined()
    const sent = await ask(door, '/orders', { method: 'POST', headers: { ...NAVIGATION, host: 'shop.test' } })
    expect(sent.status).toBe(403)
  })
})

describe('renewal', () => {
  const later = { from: new Date(NOW - DAY_MS), to: new Date(NOW + 90 * DAY_MS) }

  test('TLS-02 new files are noticed: new connections see them, a connection that is open lives on', async () => {
    await install(await authority.issue(['shop.test']))
    let loaded = (): void => undefined
    const taken = new Promise<void>((resolve) => (loaded = resolve))
    const soon: Later = (run) => {
      const timer = setImmediate(run)
      return () => clearImmediate(timer)
    }
    const { port, notices } = await start({ later: soon, onOutcome: (outcome) => (outcome.kind === 'loaded' ? loaded() : undefined) })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    closing.push(() => agent.destroy())
    expect((await get(port, '/', { agent })).status).toBe(200)
    const before = await shown(port)
    await install(await authority.issue(['shop.test'], later))
    await taken
    const after = await shown(port)
    expect(after.fingerprint256).not.toBe(before.fingerprint256)
    expect((await get(port, '/', { agent })).status).toBe(200)
    expect(notices.join()).toContain(`valid until ${new Date(after.valid_to).toISOString()}`)
  })

  const BAD: readonly (readonly [string, () => Promise<void>, RegExp])[] = [
    ['that is no certificate', async () => install({ ...(await authority.issue(['shop.test'])), cert: 'garbage' }), /holds no certificate/],
    [
      'whose key belongs to another',
      async () => install({ cert: (await authority.issue(['shop.test'])).cert, key: (await authority.issue(['shop.test'])).key }),
      /does not belong/,
    ],
    [
      'that has expired',
      async () => install(await authority.issue(['shop.test'], { from: new Date(NOW - 9 * DAY_MS), to: new Date(NOW - DAY_MS) })),
      /expired on/,
    ],
    [
      'that is not valid yet',
      async () => install(await authority.issue(['shop.test'], { from: new Date(NOW + DAY_MS), to: new Date(NOW + 9 * DAY_MS) })),
      /not valid before/,
    ],
    ['whose key is garbage', async () => install({ ...(await authority.issue(['shop.test'])), key: 'garbage' }), /holds no private key/],
    ['whose key others can read', async () => install(await authority.issue(['shop.test']), 0o644), /can be read by others/],
    ['whose key is gone', () => rm(paths.key), /cannot be read/],
  ]

  test.each(BAD)('TLS-02 a new pair %s changes nothing, and the operator is told', async (_what, spoil, why) => {
    await install(await authority.issue(['shop.test']))
    const { port, tls, notices, outcomes } = await start()
    const before = await shown(port)
    const told = notices.length
    await spoil()
    await tls.reload()
    expect((await shown(port)).fingerprint256).toBe(before.fingerprint256)
    expect(notices.slice(told).join()).toMatch(why)
    expect(outcomes).toMatchObject([{ kind: 'refused', why: expect.stringMatching(why) }])
    expect(notices.join()).not.toContain('PRIVATE KEY-----')
  })

  test.each(BAD)('TLS-02 a pair %s does not start', async (_what, spoil, why) => {
    await install(await authority.issue(['shop.test']))
    await spoil()
    await expect(start()).rejects.toThrow(why)
  })

  test('a certificate that ends within two weeks is announced at the start', async () => {
    await install(await authority.issue(['shop.test'], { from: new Date(NOW - DAY_MS), to: new Date(NOW + 5 * DAY_MS) }))
    expect((await start()).notices.join()).toContain('Renew it')
    await install(await authority.issue(['shop.test'], later))
    expect((await start()).notices).toEqual([])
  })
})
