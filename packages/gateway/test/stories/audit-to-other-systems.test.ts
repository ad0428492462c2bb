import { createHmac } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer as createHttp, type IncomingHttpHeaders } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { SMTPServer } from 'smtp-server'
import { afterEach, expect, test } from 'vitest'
import { openAuditTrail } from '../../src/audit/audit.ts'
import { auditEvent } from '../../src/audit/event.ts'
import { webhookPurpose } from '../../src/purposes.ts'
import { manualLater } from '../fakes/later.ts'
import { type Kit, startKit } from '../kit.ts'

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const each of undo.splice(0).toReversed()) await each()
})

interface Received {
  readonly headers: IncomingHttpHeaders
  readonly url: string
  readonly body: string
}

/** A receiver of the owner's; `answer` may change what it says. */
async function receiver(state: { status: number; text?: string } = { status: 200 }) {
  const got: Received[] = []
  const server = createHttp((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      got.push({ headers: request.headers, url: request.url ?? '', body })
      response.writeHead(state.status).end(state.text ?? '{}')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  undo.push(() => (server.closeAllConnections(), server.close()))
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, got, state }
}

async function syslogServer() {
  const sockets = new Set<Socket>()
  const received = { text: '' }
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('data', (bytes) => (received.text += bytes.toString()))
    socket.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  undo.push(() => (sockets.forEach((socket) => socket.destroy()), server.close()))
  return { port: (server.address() as AddressInfo).port, received }
}

/** Octet counting of RFC 6587: length, space, message. */
function messagesOf(text: string): readonly string[] {
  const found: string[] = []
  for (let rest = Buffer.from(text); rest.length > 0;) {
    const space = rest.indexOf(' ')
    const length = Number(rest.subarray(0, space).toString())
    found.push(rest.subarray(space + 1, space + 1 + length).toString())
    rest = rest.subarray(space + 1 + length)
  }
  return found
}

async function start(options: Parameters<typeof startKit>[0]): Promise<Kit> {
  const kit = await startKit(options)
  undo.push(() => kit.close())
  return kit
}

test('LOG-06 every event reaches syslog over TCP and UDP, a signed webhook and an OpenTelemetry collector', async () => {
  const [hook, collector, tcp] = [await receiver(), await receiver(), await syslogServer()]
  const udp = createSocket('udp4')
  const datagrams: string[] = []
  udp.on('message', (bytes) => datagrams.push(bytes.toString()))
  udp.bind(0, '127.0.0.1')
  await once(udp, 'listening')
  undo.push(() => udp.close())
  const kit = await start({
    config: {
      audit: {
        sinks: {
          siem: { kind: 'webhook', url: `${hook.origin}/in` },
          collector: { kind: 'otlp', url: `${collector.origin}/v1/logs`, credential: 'shop-key' },
          tcp: { kind: 'syslog', to: `tcp://127.0.0.1:${tcp.port}` },
          udp: { kind: 'syslog', to: `udp://127.0.0.1:${udp.address().port}` },
        },
      },
    },
  })
  await kit.call('GET', '/api/shop/products')
  const key = kit.vault.deriveKey(webhookPurpose('siem')).export()
  await kit.running.close(0)
  const [lost, ...lines] = kit.auditLines().toReversed()
  const kinds = lines.toReversed().map(({ kind }) => kind)
  expect(kinds).toEqual(expect.arrayContaining(['gateway.started', 'request.refused', 'gateway.stopped']))

  const posted = hook.got.flatMap(({ body }) => (JSON.parse(body) as { events: { kind: string }[] }).events)
  expect(posted.map(({ kind }) => kind)).toEqual(kinds)
  for (const { headers, body, url } of hook.got) {
    expect(url).toBe('/in')
    const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`
    expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', key).update(signed).digest('base64')}`)
    expect(Number(headers['webhook-timestamp'])).toBe(Math.floor(kit.clock.now / 1000))
  }

  // The collector's origin is not what `shop-key` is sealed for: it gets nothing, and the secret does not go there.
  expect(collector.got).toEqual([])
  expect(lost).toMatchObject({ kind: 'audit.lost', detail: { sink: 'collector', count: kinds.length } })

  const messages = messagesOf(tcp.received.text)
  expect(messages).toHaveLength(kinds.length)
  const refused = messages.find((line) => line.includes('request.refused')) ?? ''
  expect(refused).toMatch(/^<109>1 2026-11-23T12:00:00\.000Z \S+ cloakroom \d+ request\.refused - \{"kind":"request\.refused",/)
  await expect.poll(() => datagrams.length).toBe(kinds.length)
  expect(JSON.parse(datagrams[0]?.replace(/^.*? - /, '') ?? '')).toMatchObject({ kind: 'gateway.started' })
})

test('LOG-06 an OpenTelemetry collector gets log records, and what it rejects counts as lost', async () => {
  const collector = await receiver({ status: 200, text: '{"partialSuccess":{"rejectedLogRecords":"2"}}' })
  const kit = await start({ config: { audit: { sinks: { otel: { kind: 'otlp', url: `${collector.origin}/v1/logs` } } } } })
  await kit.call('GET', '/api/shop/products')
  await expect.poll(() => collector.got.length, { timeout: 5000 }).toBeGreaterThan(0)
  await kit.running.close(0)
  const bodies = collector.got.map(({ body }) => JSON.parse(body) as never)
  expect(bodies[0]).toMatchObject({
    resourceLogs: [
      {
        resource: { attributes: expect.arrayContaining([{ key: 'service.name', value: { stringValue: 'cloakroom' } }]) },
        scopeLogs: [{ scope: { name: 'cloakroom.audit' }, logRecords: expect.any(Array) }],
      },
    ],
  })
  const records = (bodies as { resourceLogs: { scopeLogs: { logRecords: object[] }[] }[] }[]).flatMap(
    (body) => body.resourceLogs[0]?.scopeLogs[0]?.logRecords,
  )
  expect(records).toContainEqual(
    expect.objectContaining({
      eventName: 'cloakroom.request.refused',
      severityText: 'WARN',
      timeUnixNano: `${kit.clock.now}000000`,
      attributes: expect.arrayContaining([
        { key: 'cloakroom.reason', value: { stringValue: 'session_required' } },
        { key: 'cloakroom.target', value: { stringValue: 'GET /api/shop/products' } },
      ]),
    }),
  )
  expect(kit.auditLines()).toContainEqual(expect.objectContaining({ kind: 'audit.lost', detail: { sink: 'otel', count: 2 } }))
})

test('LOG-06 a sink that is down holds up no request; its events wait, and arrive in order when it is back', async () => {
  const hook = await receiver({ status: 503 })
  const kit = await start({ config: { audit: { sinks: { siem: { kind: 'webhook', url: hook.origin } } } } })
  for (let n = 0; n < 20; n++) expect((await kit.call('GET', `/api/shop/products/${n}`)).status).toBe(401)
  await expect.poll(() => hook.got.length, { timeout: 5000 }).toBeGreaterThan(0)
  hook.state.status = 200
  const before = hook.got.length
  await expect.poll(() => hook.got.length, { timeout: 10_000 }).toBeGreaterThan(before)
  await kit.running.close(0)
  const taken = hook.got.slice(before).flatMap(({ body }) => (JSON.parse(body) as { events: { target: string | null }[] }).events)
  expect(taken.map(({ target }) => target)).toEqual(kit.auditLines().map(({ target }) => target))
})

test('LOG-06 what a sink that stays down cannot hold is counted, and the loss is an entry of the trail here at once', async () => {
  const kit = await start({})
  const time = manualLater()
  const trail = openAuditTrail({
    store: kit.stores.audit,
    file: join(kit.folder, 'data', 'audit.jsonl'),
    clock: () => kit.clock.now,
    random: (bytes) => Buffer.alloc(bytes),
    later: time.later,
    limit: 5,
  })
  let taken: readonly string[] = []
  const down = { yes: true }
  trail.addSinks([
    {
      name: 'siem',
      async send(events) {
        if (down.yes) throw new Error('down')
        taken = events.map(({ kind, detail }) => `${kind} ${String(detail['count'] ?? '')}`.trim())
      },
      close: () => undefined,
    },
  ])
  for (let n = 0; n < 8; n++) {
    trail.note(auditEvent({ kind: 'logout', at: kit.clock.now }))
    time.pass(250)
    await new Promise(setImmediate)
  }
  expect(trail.figures()['siem']).toMatchObject({ depth: 5, lost: 3, failing: true })
  expect(trail.figures().store).toMatchObject({ lost: 0 })
  const lost = async () => (await kit.stores.audit.read({ limit: 50, kind: 'audit.lost' })).map(({ detail }) => detail)
  expect(await lost()).toEqual([{ sink: 'siem', count: 1 }])
  down.yes = false
  time.pass(15_000)
  await new Promise(setImmediate)
  await trail.close()
  expect(taken).toEqual(['audit.lost 3'])
  expect(await lost()).toEqual([
    { sink: 'siem', count: 3 },
    { sink: 'siem', count: 1 },
  ])
})

test('an owner is told by mail and webhook of what he must know: grouped, counted, without what strangers wrote steering anything', async () => {
  const mails: string[] = []
  const smtp = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData(stream, _session, done) {
      let text = ''
      stream.on('data', (bytes: Buffer) => (text += bytes.toString()))
      stream.on('end', () => {
        mails.push(text)
        done()
      })
    },
  })
  const listening = smtp.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  undo.push(() => new Promise<void>((resolve) => smtp.close(() => resolve())))
  const hook = await receiver()
  const kit = await start({
    upstream: { script: (request) => ({ body: request.header('authorization') ?? '' }) },
    config: {
      mail: { smtp: `smtp://127.0.0.1:${(listening.address() as AddressInfo).port}`, from: 'gate@example.com' },
      notify: { mail: ['owner@example.com'], webhook: { url: hook.origin } },
    },
  })
  const cookie = await kit.signIn()
  for (let n = 0; n < 3; n++) await kit.call('GET', '/api/shop/products', { cookie })
  await kit.running.close(0)
  expect(mails).toHaveLength(1)
  expect(mails[0]).toMatch(/^To: owner@example\.com\r$/m)
  expect(mails[0]).toMatch(/^Subject: Cloakroom: An API echoed the secret shop-key; it was kept from the\r\n visitor\.\r$/m)
  expect(mails[0]).toContain('3 times since 2026-11-23T12:00:00.000Z')
  expect(hook.got).toHaveLength(1)
  expect(JSON.parse(hook.got[0]?.body ?? '')).toMatchObject({ messages: [{ topic: 'secret.reflected shop-key', count: 3 }] })
  const key = kit.vault.deriveKey(webhookPurpose('notify')).export()
  const { headers, body }: Received = hook.got[0] ?? { headers: {}, url: '', body: '' }
  const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`
  expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', key).update(signed).digest('base64')}`)
})
