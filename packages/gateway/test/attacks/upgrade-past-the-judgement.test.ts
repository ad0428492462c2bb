import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { exchange, readAnswer } from '../call.ts'
import { type Kit, startKit } from '../kit.ts'
import { makeAuthority } from '../certificates.ts'
import { openedSocket, openSocket } from '../socket-call.ts'
import { type SocketUpstream, startSocketUpstream } from '../socket-upstream.ts'

/** Node hands a request with `Upgrade` to another listener than all others: what guards only the one is open at the other. */
const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='

describe('only a sound handshake on a WS line is an upgrade', () => {
  let kit: Kit
  let upstream: SocketUpstream
  let cookie = ''
  let before = 0

  beforeAll(async () => {
    kit = await startKit({
      api: async () => (upstream = await startSocketUpstream()),
      config: { shop: { allow: ['GET /plain/**', '* /any/**', 'WS /live/**', 'POST /orders'] } },
    })
    cookie = await kit.signIn()
  })
  afterAll(() => kit?.close())
  beforeEach(() => {
    before = upstream.handshakes.length
  })

  const shake = (changes: Readonly<Record<string, string | null>> = {}, line = 'GET /api/shop/live/x HTTP/1.1', after = ''): Buffer => {
    const fields: Record<string, string | null> = {
      host: `localhost:${kit.running.port}`,
      origin: kit.origin,
      cookie,
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': KEY,
      ...changes,
    }
    const lines = Object.entries(fields).map(([name, value]) => (value === null ? '' : `${name}: ${value}\r\n`))
    return Buffer.from(`${line}\r\n${lines.join('')}\r\n${after}`, 'latin1')
  }

  const CASES: readonly (readonly [what: string, bytes: () => Buffer, status: number])[] = [
    ['h2c', () => shake({ upgrade: 'h2c', connection: 'Upgrade, HTTP2-Settings', 'http2-settings': 'AAMAAABk' }), 400],
    ['h2c on a plain route', () => shake({ upgrade: 'h2c' }, 'GET /api/shop/plain/x HTTP/1.1'), 400],
    ['TLS/1.0', () => shake({ upgrade: 'TLS/1.0' }), 400],
    ['something unknown', () => shake({ upgrade: 'quic-over-carrier-pigeon' }), 400],
    ['a list of protocols', () => shake({ upgrade: 'websocket, h2c' }), 400],
    ['a handshake on a GET line', () => shake({}, 'GET /api/shop/plain/x HTTP/1.1'), 405],
    ['a handshake on a line for any method', () => shake({}, 'GET /api/shop/any/x HTTP/1.1'), 405],
    ['a handshake where no line fits', () => shake({}, 'GET /api/shop/nowhere HTTP/1.1'), 404],
    ['a handshake outside all APIs', () => shake({}, 'GET /nowhere HTTP/1.1'), 404],
    ['a handshake at an own endpoint', () => shake({}, 'GET /auth/session HTTP/1.1'), 405],
    ['a path that is read in two ways', () => shake({}, 'GET /api/shop/live/..%2f HTTP/1.1'), 400],
    ['another host', () => shake({ host: 'evil.example' }), 421],
    ['POST', () => shake({}, 'POST /api/shop/live/x HTTP/1.1'), 400],
    ['a body', () => shake({ 'content-length': '4' }, undefined, 'abcd'), 400],
    ['a chunked body', () => shake({ 'transfer-encoding': 'chunked' }, undefined, '0\r\n\r\n'), 400],
    ['an expectation', () => shake({ expect: '100-continue' }), 400],
    ['HTTP/1.0', () => shake({}, 'GET /api/shop/live/x HTTP/1.0'), 400],
    ['no version', () => shake({ 'sec-websocket-version': null }), 400],
    ['an old version', () => shake({ 'sec-websocket-version': '8' }), 426],
    ['two versions', () => shake({ 'sec-websocket-version': '13, 8' }), 426],
    ['no key', () => shake({ 'sec-websocket-key': null }), 400],
    ['a key that is too short', () => shake({ 'sec-websocket-key': 'AAAA' }), 400],
    ['a key of 17 bytes', () => shake({ 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAAB=' }), 400],
    ['a protocol twice', () => shake({ 'sec-websocket-protocol': 'a, a' }), 400],
    ['a protocol that is no token', () => shake({ 'sec-websocket-protocol': 'a b' }), 400],
    ['a request whose method is WS', () => shake({ connection: 'close', upgrade: null }, 'WS /api/shop/live/x HTTP/1.1'), 400],
    ['a plain GET on a WS line', () => shake({ connection: 'close', upgrade: null }), 405],
    ['a plain GET on a WS line that names a protocol', () => shake({ connection: 'close' }), 405],
  ]

  test.each(CASES.map(([what, , status], at) => [what, status, at] as const))(
    'C3 %s gets %i and its connection is closed',
    async (_what, status, at) => {
      const answer = readAnswer(await exchange(kit.running.port, CASES[at]?.[1]() ?? Buffer.alloc(0)))
      expect(answer.status).toBe(status)
      expect(answer.header('connection')).not.toBeNull()
      expect(upstream.handshakes).toHaveLength(before)
    },
  )

  test('426 says what would be spoken', async () => {
    const answer = readAnswer(await exchange(kit.running.port, shake({ 'sec-websocket-version': '8' })))
    expect([answer.header('upgrade'), answer.header('sec-websocket-version')]).toEqual(['websocket', '13'])
    expect(answer.all('connection')).toEqual(['Upgrade', 'close'])
  })

  test('C21 a handshake behind a request that is not answered yet does not get between it and its answer', async () => {
    const first = `GET /api/shop/plain/first HTTP/1.1\r\nhost: localhost:${kit.running.port}\r\ncookie: ${cookie}\r\nsec-fetch-site: same-origin\r\n\r\n`
    const raw = (await exchange(kit.running.port, Buffer.concat([Buffer.from(first), shake()]))).toString('latin1')
    expect(raw.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400'])
    expect(raw.indexOf('/v1/plain/first')).toBeLessThan(raw.indexOf('HTTP/1.1 400'))
    expect(upstream.handshakes).toHaveLength(before)
  })

  test('C21 a smuggled request behind a handshake is part of the WebSocket, where it is nonsense', async () => {
    const second = `GET /api/shop/plain/second HTTP/1.1\r\nhost: localhost:${kit.running.port}\r\n\r\n`
    const raw = (await exchange(kit.running.port, shake({}, undefined, second))).toString('latin1')
    expect(raw).toMatch(/^HTTP\/1\.1 101 /)
    expect(raw).not.toContain('/v1/plain/second')
    // A frame of a browser is masked: 1002.
    expect(Buffer.from(raw, 'latin1').subarray(-4)).toEqual(Buffer.from([0x88, 2, 0x03, 0xea]))
  })

  test('the answer of the gateway is the one of RFC 6455 §1.3', async () => {
    const raw = (await exchange(kit.running.port, shake({}, undefined, '\x88\x80\0\0\0\0'))).toString('latin1')
    expect(raw).toContain(`sec-websocket-accept: ${ACCEPT}\r\n`)
    expect(raw).not.toContain('sec-websocket-extensions')
  })
})

describe('what an upstream says to a handshake', () => {
  let kit: Kit | null = null
  afterEach(async () => {
    await kit?.close()
    kit = null
  })

  const raw = (status: string, lines: readonly string[], body = ''): string => `HTTP/1.1 ${status}\r\n${lines.join('\r\n')}\r\n\r\n${body}`
  const SWITCH = ['upgrade: websocket', 'connection: Upgrade']
  const of = async (answer: string): Promise<string> => {
    kit = await startKit({
      api: () => startSocketUpstream({ byHand: (_request, socket) => (socket.end(answer), true) }),
      config: { shop: { allow: ['WS /live'] } },
    })
    return await kit.signIn()
  }

  test.each([
    ['the answer to another key', raw('101 Switching', [...SWITCH, 'sec-websocket-accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=']), 502],
    ['no key at all', raw('101 Switching', SWITCH), 502],
    ['another protocol', raw('101 Switching', ['upgrade: h2c', 'connection: Upgrade', `sec-websocket-accept: ${ACCEPT}`]), 502],
    [
      'an extension that was not offered',
      raw('101 Switching', [...SWITCH, `sec-websocket-accept: ${ACCEPT}`, 'sec-websocket-extensions: permessage-deflate']),
      502,
    ],
    [
      'a subprotocol that was not offered',
      raw('101 Switching', [...SWITCH, `sec-websocket-accept: ${ACCEPT}`, 'sec-websocket-protocol: chat']),
      502,
    ],
    ['a redirect to elsewhere', raw('302 Found', ['location: https://evil.example/', 'content-length: 0']), 502],
    ['a refusal of its own', raw('403 Forbidden', ['content-length: 2', 'set-cookie: a=b', 'server: x'], 'no'), 403],
    ['an ordinary answer', raw('200 OK', ['content-length: 2', 'x-accel-redirect: /etc'], 'ok'), 200],
    ['nothing readable', 'SSH-2.0-OpenSSH_9.2\r\n', 502],
  ])('HTTP-15 %s is no WebSocket', async (_what, answer, status) => {
    const cookie = await of(answer)
    const fields = [
      ['connection', 'Upgrade'],
      ['upgrade', 'websocket'],
      ['sec-websocket-version', '13'],
      ['sec-websocket-key', KEY],
      ['origin', kit?.origin ?? ''],
    ] as const
    const answered = await kit?.call('GET', '/api/shop/live', { cookie, from: 'none', headers: fields })
    expect(answered?.status).toBe(status)
    expect(answered?.headers.map(([name]) => name)).not.toEqual(
      expect.arrayContaining(['set-cookie', 'server', 'x-accel-redirect', 'location']),
    )
    expect(answered?.all('connection')).toEqual(['close'])
  })

  test('HTTP-15 a 101 that nobody asked for is a bad answer, and its connection is not used again', async () => {
    kit = await startKit({
      upstream: { script: [{ raw: raw('101 Switching', [...SWITCH, `sec-websocket-accept: ${ACCEPT}`], 'tail') }, {}] },
    })
    const cookie = await kit.signIn()
    expect((await kit.call('GET', '/api/shop/products', { cookie })).status).toBe(502)
    expect((await kit.call('GET', '/api/shop/products', { cookie })).status).toBe(200)
    expect(kit.upstream.requests.map(({ connection }) => connection)).toEqual([0, 1])
  })

  test('HTTP-27 the certificate of a wss upstream is verified before it sees the credential', async () => {
    const authority = await makeAuthority()
    const wrong = await authority.issue(['other.example'])
    let upstream: SocketUpstream | null = null
    kit = await startKit({
      api: async () => (upstream = await startSocketUpstream({ tls: wrong })),
      config: { shop: { allow: ['WS /live'] } },
    })
    const cookie = await kit.signIn()
    expect(await openSocket(kit, '/api/shop/live', { cookie })).toBe(502)
    expect((upstream as SocketUpstream | null)?.handshakes).toEqual([])
    await vi.waitFor(() => expect(kit?.auditLines().some(({ kind }) => kind === 'upstream.tls_failed')).toBe(true))
  })

  test('HTTP-27 a wss upstream of an authority that the owner named is called', async () => {
    const authority = await makeAuthority()
    const own = await authority.issue(['127.0.0.1'])
    const folder = await mkdtemp(join(tmpdir(), 'authority-'))
    try {
      await writeFile(join(folder, 'ca.pem'), authority.pem)
      kit = await startKit({
        api: () => startSocketUpstream({ tls: own }),
        config: { shop: { allow: ['WS /live'], upstreamCa: join(folder, 'ca.pem') } },
      })
      const opened = await openedSocket(kit, '/api/shop/live', { cookie: await kit.signIn() })
      opened.socket.send('over TLS')
      expect(await opened.next()).toBe('over TLS')
      opened.socket.terminate()
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('a subprotocol that was offered is agreed on', async () => {
    kit = await startKit({ api: () => startSocketUpstream({ protocols: ['v2'] }), config: { shop: { allow: ['WS /live'] } } })
    const opened = await openedSocket(kit, '/api/shop/live', { cookie: await kit.signIn(), protocols: ['v1', 'v2'] })
    expect(opened.socket.protocol).toBe('v2')
    opened.socket.terminate()
  })
})
