import { createConnection } from 'node:net'
import { createServer } from 'node:http2'
import { connect as http2Connect } from 'node:http2'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { memoryNonces, staticKeys, type FieldLine } from '../src/index.ts'
import { requireSignature } from '../src/middleware/node.ts'
import { APPS, collectReasons, type Echo, type RunningApp } from './apps.ts'
import { CONTENT, gatewayKey, NOON, signed } from './kit.ts'
import { listen } from './servers.ts'
import type { IncomingMessage, ServerResponse } from 'node:http'

const keys = await staticKeys([gatewayKey.publicJwk!])

/** Sends bytes as they are and returns what comes back until the server closes. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = createConnection({ port, host: '127.0.0.1' }, () => void socket.write(text, 'latin1'))
    socket.setEncoding('latin1').on('data', (chunk: string) => (answer += chunk))
    socket.on('end', () => resolve(answer)).on('error', reject)
  })
}

const lines = (fields: readonly FieldLine[]) => fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')

describe.each(APPS.filter(({ wire }) => wire))('raw bytes at $name', ({ start }) => {
  let app: RunningApp
  let port = 0
  let reasons: string[] = []
  beforeEach(async () => {
    const collected = collectReasons()
    reasons = collected.reasons
    app = await start({ keys, nonces: memoryNonces(), clock: () => NOON, report: collected.report })
    port = Number(app.authority.split(':')[1])
  })
  afterEach(() => app.close())

  const order = async (more: readonly FieldLine[] = []) => {
    const fields: readonly FieldLine[] = [['Host', app.authority], ['Content-Type', 'application/json'], ...more]
    return signed(
      { kind: 'request', method: 'POST', scheme: null, authority: app.authority, path: '/v1/orders', query: null, fields },
      CONTENT,
    )
  }
  const framed = `Content-Length: ${CONTENT.length}\r\nConnection: close\r\n\r\n${Buffer.from(CONTENT).toString('latin1')}`

  it('the signed request as raw bytes is accepted', async () => {
    expect(await raw(port, `POST /v1/orders HTTP/1.1\r\n${lines((await order()).fields)}${framed}`)).toMatch(/^HTTP\/1\.1 200 /)
  })

  it('UPV-10 a header line named @method is not let in at all', async () => {
    const answer = await raw(port, `POST /v1/orders HTTP/1.1\r\n@method: GET\r\n${lines((await order()).fields)}${framed}`)
    expect({ answer: answer.slice(0, 12), reached: app.reached() }).toEqual({ answer: 'HTTP/1.1 400', reached: 0 })
  })

  it('a second Host line is refused', async () => {
    const { fields } = await order()
    await raw(port, `POST /v1/orders HTTP/1.1\r\n${lines([...fields, ['Host', 'evil.test']])}${framed}`)
    expect({ reasons, reached: app.reached() }).toEqual({ reasons: ['malformed'], reached: 0 })
  })

  it('an absolute target is refused, whatever host it names', async () => {
    const { fields } = await order()
    const answer = await raw(port, `POST http://${app.authority}/v1/orders HTTP/1.1\r\n${lines(fields)}${framed}`)
    expect({ status: answer.slice(9, 12), reached: app.reached() }).not.toMatchObject({ status: '200' })
    expect(app.reached()).toBe(0)
  })

  it('two slashes at the start are another path', async () => {
    await raw(port, `POST //v1/orders HTTP/1.1\r\n${lines((await order()).fields)}${framed}`)
    expect(app.reached()).toBe(0)
  })

  it('UPV-14 trailers do not reach the app', async () => {
    const { fields } = await order()
    const chunked = `Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n${CONTENT.length.toString(16)}\r\n${Buffer.from(CONTENT).toString('latin1')}\r\n0\r\nCloakroom-Roles: admin\r\n\r\n`
    const answer = await raw(port, `POST /v1/orders HTTP/1.1\r\n${lines(fields)}${chunked}`)
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    const echo = JSON.parse(/\{.*\}/s.exec(answer)![0]) as Echo
    expect({ text: echo.text, trailers: echo.trailers }).toEqual({ text: '{"item":7}', trailers: {} })
  })

  it('UPV-16 an unknown key, a wrong signature and no signature get the same bytes back', async () => {
    const { fields } = await order()
    const changed = (from: string, to: string) => fields.map(([name, value]): FieldLine => [name, value.replace(from, to)])
    const answers = await Promise.all(
      [changed('gw-2026-11', 'gw-2026-12'), changed('application/json', 'text/plain'), [['Host', app.authority]] as const].map((each) =>
        raw(port, `POST /v1/orders HTTP/1.1\r\n${lines(each)}${framed}`),
      ),
    )
    expect(reasons.toSorted()).toEqual(['bad_signature', 'unknown_key', 'unsigned'])
    const withoutDate = answers.map((answer) => answer.replace(/^date:.*\r\n/im, ''))
    expect(withoutDate[1]).toBe(withoutDate[0])
    expect(withoutDate[2]).toBe(withoutDate[0])
    expect(withoutDate[0]).toContain('"code":"signature_refused"')
  })

  it('a client that stops in the middle of its content reaches nothing', async () => {
    const { fields } = await order()
    const socket = createConnection({ port, host: '127.0.0.1' })
    socket.write(`POST /v1/orders HTTP/1.1\r\n${lines(fields)}Content-Length: ${CONTENT.length}\r\n\r\n{"it`)
    await new Promise((resolve) => setTimeout(resolve, 50))
    socket.destroy()
    await expect.poll(() => reasons).toEqual(['content_unavailable'])
    expect(app.reached()).toBe(0)
  })
})

describe('the node middleware on HTTP/2', () => {
  it('takes a signed request, and UPV-01 refuses an unsigned one', async () => {
    const server = createServer()
    const listening = await listen(server)
    const seen: string[] = []
    const handler = requireSignature(
      { authority: listening.authority, keys, nonces: memoryNonces(), clock: () => NOON },
      (request, response) => {
        seen.push(JSON.stringify(request.headers['x-forwarded-for'] ?? null))
        request.pipe(response)
      },
    )
    server.on('request', (request, response) => handler(request as unknown as IncomingMessage, response as unknown as ServerResponse))
    const { fields } = await signed(
      { kind: 'request', method: 'POST', scheme: 'http', authority: listening.authority, path: '/v1/orders', query: null, fields: [] },
      CONTENT,
    )
    const session = http2Connect(`http://${listening.authority}`)
    const ask = (more: Record<string, string>) =>
      new Promise<{ status: number; body: string }>((resolve, reject) => {
        const stream = session.request({ ':method': 'POST', ':path': '/v1/orders', 'x-forwarded-for': '10.0.0.1', ...more })
        let status = 0
        let body = ''
        stream.on('response', (headers) => (status = headers[':status'] ?? 0))
        stream.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
        stream.on('end', () => resolve({ status, body })).on('error', reject)
        stream.end(CONTENT)
      })
    expect(await ask(Object.fromEntries(fields))).toEqual({ status: 200, body: '{"item":7}' })
    expect((await ask({})).status).toBe(403)
    expect(seen).toEqual(['null'])
    session.destroy()
    await listening.close()
  })
})

describe.each(APPS.filter(({ wire }) => wire))('a refusal in the middle of an upload at $name', ({ start }) => {
  it('arrives, although 800 kB are still on their way', async () => {
    const app = await start({ keys, nonces: memoryNonces(), clock: () => NOON })
    const content = new Uint8Array(800_000)
    for (let round = 0; round < 5; round++) {
      const answer = await app.call(
        'POST',
        '/v1/orders',
        [
          ['Host', app.authority],
          ['Content-Type', 'a/b'],
        ],
        content,
        20,
      )
      expect({ status: answer.status, reached: app.reached() }).toEqual({ status: 403, reached: 0 })
    }
    await app.close()
  })

  it('ends the connection of a client that sends without end', async () => {
    const app = await start({ keys, nonces: memoryNonces(), clock: () => NOON })
    const answer = await raw(
      Number(app.authority.split(':')[1]),
      `POST /v1/orders HTTP/1.1\r\nHost: ${app.authority}\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n`,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 403 /)
    await app.close()
  })
})
