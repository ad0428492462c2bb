import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import type { BodySource } from '../../src/answer.ts'
import { read } from '../bodies.ts'
import { readable, SPELLINGS } from '../spellings.ts'
import { linesOf, SECRET, startWay, type Way, type WayOptions } from '../way-kit.ts'

let way: Way
afterEach(() => way.close())

async function start(options: WayOptions): Promise<Way> {
  way = await startWay(options)
  return way
}

/** The best compression takes seconds, and the worst makes a bomb as well. */
const brotli = (content: string | Buffer): Buffer => brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 2 } })

const CODINGS = {
  gzip: gzipSync,
  'x-gzip': gzipSync,
  deflate: deflateSync,
  'deflate, bare': deflateRawSync,
  br: brotli,
  zstd: zstdCompressSync,
} as const
const codingName = (name: string): string => name.split(',')[0] ?? ''

describe('an upstream echoes the secret in another spelling', () => {
  test.each(Object.keys(SPELLINGS))('VLT-06 VLT-07 in a body, as %s', async (name) => {
    const written = SPELLINGS[name]?.(SECRET) ?? ''
    const { read, events } = await start({
      upstream: { script: [{ headers: [['content-type', 'text/html']], body: `<p>${written}</p>` }] },
    })
    const { text } = await read()
    expect(text).toHaveLength(written.length + 7)
    expect(readable(text, SECRET)).toEqual([])
    expect(events).toMatchObject([{ kind: 'secret.reflected', detail: { where: 'body' } }])
  })

  test.each(Object.keys(SPELLINGS))('VLT-06 VLT-07 in a field, as %s', async (name) => {
    const written = SPELLINGS[name]?.(SECRET) ?? ''
    const script = [
      {
        headers: [
          ['x-echo', `was ${written}`],
          ['x-other', 'stays'],
        ] as const,
        body: 'x',
      },
    ]
    const { read, events } = await start({ upstream: { script } })
    const answer = await read()
    expect([linesOf(answer, 'x-echo'), linesOf(answer, 'x-other'), answer.text]).toEqual([[], ['stays'], 'x'])
    expect(events).toMatchObject([{ kind: 'secret.reflected', detail: { where: 'field' } }])
    expect(JSON.stringify(events)).not.toContain(written.slice(2, -2))
  })

  const BY_NUMBER = Array.from(SECRET)
    .map((character, at) =>
      at % 3 === 0 ? character : at % 3 === 1 ? `&#00${character.charCodeAt(0)};` : `&#x${character.charCodeAt(0).toString(16)};`,
    )
    .join('')
    .replaceAll(/&(?!#)/g, '&amp;')
  const IN_MAIL = Buffer.from(SECRET)
    .toString('latin1')
    .replaceAll('=', '=3D')
    .replace(/^(.{9})/, '$1=\r\n')

  test.each([
    ['text/html; charset=utf-8', BY_NUMBER],
    ['application/atom+xml', BY_NUMBER],
    ['text/plain', BY_NUMBER],
    ['application/octet-stream', BY_NUMBER],
    ['message/rfc822', IN_MAIL],
    ['multipart/mixed; boundary=x', IN_MAIL],
    ['text/plain', IN_MAIL],
  ])('VLT-06 VLT-07 in %s, as its reader undoes it: %s', async (type, written) => {
    const { read, events } = await start({ upstream: { script: [{ headers: [['content-type', type]], body: `<p>${written}</p>` }] } })
    expect((await read()).text).toBe(`<p>${'*'.repeat(written.length)}</p>`)
    expect(events).toMatchObject([{ kind: 'secret.reflected', detail: { where: 'body' } }])
  })

  test('VLT-07 a reference without its semicolon at the very end of a withheld answer', async () => {
    const script = [
      {
        headers: [['content-type', 'text/html']] as const,
        body: `<p>${SECRET.slice(0, -1).replaceAll('&', '&amp;')}&#${SECRET.charCodeAt(SECRET.length - 1)}`,
      },
    ]
    const { read } = await start({ upstream: { script }, api: { onLeak: 'withhold' } })
    expect(await read()).toMatchObject({ status: 'answer_withheld', text: '' })
  })

  test('VLT-07 JSON stays JSON', async () => {
    const { read } = await start({
      upstream: { script: [{ headers: [['content-type', 'application/json']], body: JSON.stringify({ a: 1, echo: SECRET }) }] },
    })
    expect(JSON.parse((await read()).text)).toEqual({ a: 1, echo: expect.stringMatching(/^\*+$/) })
  })

  test.each([
    'application/json',
    'application/problem+json',
    'text/xml',
    'application/javascript',
    'image/png',
    'application/octet-stream',
    null,
  ])('VLT-07 whatever the answer says it is: %s', async (type) => {
    const { read } = await start({
      upstream: { script: [{ headers: type === null ? [] : [['content-type', type]], body: `x${SECRET}x` }] },
    })
    expect((await read()).text).toBe(`x${'*'.repeat(SECRET.length)}x`)
  })

  test('VLT-07 in the name of a field, in an allowed cookie, in a redirect', async () => {
    const plain = 'sk-live-0123456789abcdef'
    const { read } = await start({
      secret: plain,
      api: { cookies: ['theme'] },
      upstream: {
        script: [
          { headers: [[`x-${plain}`, '1']], body: 'x' },
          { headers: [['set-cookie', `theme=${plain}`]], body: 'x' },
          { status: 302, headers: [['location', `/v1/x?k=${plain}`]] },
        ],
      },
    })
    expect(JSON.stringify(await read())).not.toContain(plain)
    expect(JSON.stringify(await read())).not.toContain(plain)
    expect(await read()).toMatchObject({ status: 'answer_withheld' })
  })

  test('VLT-07 withheld: nothing of an answer whose field holds it', async () => {
    const { read, upstream } = await start({
      api: { onLeak: 'withhold' },
      upstream: { script: [{ headers: [['x-echo', SECRET]], body: 'harmless' }] },
    })
    expect(await read()).toEqual({ status: 'answer_withheld', headers: [], text: '', broken: null })
    expect(way.released).toBe(1)
    expect(upstream.requests).toHaveLength(1)
  })

  test('VLT-06 in an error page of the upstream', async () => {
    const { read } = await start({
      upstream: { script: [{ status: 500, reason: SECRET.replaceAll('"', ''), body: `Authorization: Bearer ${SECRET}` }] },
    })
    expect(readable(JSON.stringify(await read()), SECRET)).toEqual([])
  })

  test('VLT-07 a short secret is found in fields; in bodies its long spellings are', async () => {
    const { read } = await start({
      secret: 'pw-73!x',
      upstream: { script: [{ headers: [['x-echo', 'pw-73!x']], body: `pw-73!x ${Buffer.from('pw-73!x').toString('hex')}` }] },
    })
    const answer = await read()
    expect(linesOf(answer, 'x-echo')).toEqual([])
    expect(answer.text).toBe('pw-73!x **************')
  })
})

describe('an upstream compresses its answer although it was asked not to', () => {
  test.each(Object.keys(CODINGS) as (keyof typeof CODINGS)[])('VLT-07 %s is read, searched and sent on plain', async (name) => {
    const body = `{"echo":${JSON.stringify(SECRET)}}`
    const { read, upstream } = await start({
      upstream: {
        script: [
          {
            headers: [
              ['content-type', 'application/json'],
              ['content-encoding', codingName(name)],
              ['etag', '"abc"'],
              ['content-digest', 'sha-256=:x:'],
              ['accept-ranges', 'bytes'],
            ],
            body: CODINGS[name](body),
          },
        ],
      },
    })
    const answer = await read({ headers: [['accept-encoding', 'gzip, br']] })
    expect(upstream.requests[0]?.header('accept-encoding')).toBe('identity')
    expect(readable(answer.text, SECRET)).toEqual([])
    expect(JSON.parse(answer.text)).toEqual({ echo: expect.stringMatching(/^\*+$/) })
    expect(answer.headers.map(([own]) => own)).not.toEqual(expect.arrayContaining(['content-encoding']))
    expect([linesOf(answer, 'content-digest'), linesOf(answer, 'accept-ranges'), linesOf(answer, 'etag')]).toEqual([[], [], ['W/"abc"']])
  })

  test('VLT-07 a compressed stream of events, each as it comes', async () => {
    const events = gzipSync(`data: one\n\ndata: ${SECRET}\n\n`)
    const { pass } = await start({
      upstream: {
        script: [
          {
            headers: [
              ['content-type', 'text/event-stream'],
              ['content-encoding', 'gzip'],
            ],
            body: [events.subarray(0, 20), events.subarray(20)],
          },
        ],
      },
    })
    const reader = read((await pass()).body as BodySource)
    await reader.until(() => reader.ended)
    expect(Buffer.concat(reader.chunks).toString()).toMatch(/^data: one\n\ndata: \*+\n\n$/)
  })

  test.each(['compress', 'gzip, gzip', 'br, gzip', 'unheard-of', 'dcb'])(
    'VLT-07 %s cannot be read, and is not passed on',
    async (coding) => {
      const { read } = await start({ upstream: { script: [{ headers: [['content-encoding', coding]], body: 'x' }] } })
      expect(await read()).toMatchObject({ status: 'upstream_invalid', text: '' })
      expect(way.released).toBe(1)
    },
  )

  test.each(['gzip', 'br', 'zstd', 'deflate'])('HTTP-18 what is not %s though it says so breaks off', async (coding) => {
    const { read } = await start({
      upstream: { script: [{ headers: [['content-encoding', coding]], body: `not ${coding} at all, and long enough to say so` }] },
    })
    const { status, broken } = await read()
    expect([status, broken]).toContain('upstream_invalid')
  })

  test.each(['gzip', 'br', 'zstd', 'deflate'] as const)('HTTP-18 a bomb in %s goes off in nobody’s memory', async (coding) => {
    const bomb = CODINGS[coding](Buffer.alloc(64 * 1024 * 1024))
    const { read } = await start({ upstream: { script: [{ headers: [['content-encoding', coding]], body: bomb }] } })
    const { status, broken, text } = await read()
    expect([status, broken]).toContain('answer_too_large')
    expect(text).toBe('')
    expect(way.released).toBe(1)
  })

  test('HTTP-18 the limit of an answer’s size counts what comes out', async () => {
    const limits = {
      requestBytes: 1000,
      responseBytes: 5000,
      connectMs: 1000,
      headMs: 1000,
      idleMs: 1000,
      connections: 1024,
      messageBytes: 1000,
    }
    const { read } = await start({
      api: { limits },
      upstream: { script: [{ headers: [['content-encoding', 'gzip']], body: gzipSync('0123456789'.repeat(1000)) }] },
    })
    const { status, broken } = await read()
    expect([status, broken]).toContain('answer_too_large')
  })

  test('HTTP-26 a large compressed answer comes whole', async () => {
    const body = Array.from({ length: 100_000 }, (_none, at) => `line ${at * 7919}\n`).join('')
    const { read } = await start({ upstream: { script: [{ headers: [['content-encoding', 'br']], body: brotli(body) }] } })
    expect((await read()).text === body).toBe(true)
  })

  test('HTTP-26 HEAD of a compressed answer says what GET would say', async () => {
    const { read } = await start({
      upstream: {
        script: [
          {
            headers: [
              ['content-encoding', 'gzip'],
              ['content-length', '99'],
              ['etag', '"a"'],
            ],
            framing: 'none',
          },
        ],
      },
    })
    const answer = await read({ method: 'HEAD' })
    expect([answer.status, answer.text, linesOf(answer, 'content-encoding'), linesOf(answer, 'etag')]).toEqual([200, '', [], ['W/"a"']])
  })
})
