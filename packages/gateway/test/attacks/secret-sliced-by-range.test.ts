import { afterEach, expect, test } from 'vitest'
import { linesOf, SECRET, startWay, type Way, type WayOptions } from '../way-kit.ts'

let way: Way
afterEach(() => way.close())

async function start(options: WayOptions): Promise<Way> {
  way = await startWay(options)
  return way
}

const part = (type: string | null, body: string, more: readonly (readonly [string, string])[] = []): WayOptions => ({
  upstream: {
    script: [
      {
        status: 206,
        headers: [...(type === null ? [] : [['content-type', type] as const]), ['content-range', 'bytes 5-9/99'], ...more],
        body,
      },
    ],
  },
})

test.each([
  'text/plain',
  'TEXT/HTML; charset=utf-8',
  'application/json',
  'application/problem+json',
  'application/vnd.x+json',
  'application/xml',
  'application/x-ndjson',
  'image/svg+xml',
  'application/javascript',
  'application/x-www-form-urlencoded',
  'multipart/byteranges; boundary=x',
  'application/yaml',
  'text/event-stream',
  'nonsense',
  'application/octet-stream',
  null,
])(
  'VLT-07 a part of %s, in which half a secret would not be recognised, is asked for as a whole, and withheld when it stays a part',
  async (type) => {
    const { read, upstream } = await start(part(type, SECRET.slice(0, 10)))
    expect(
      await read({
        headers: [
          ['range', 'bytes=5-9'],
          ['if-range', '"1"'],
        ],
      }),
    ).toMatchObject({ status: 'answer_withheld', text: '' })
    expect(upstream.requests.map((request) => [request.header('range'), request.header('if-range')])).toEqual([
      ['bytes=5-9', '"1"'],
      [null, null],
    ])
    expect(way.released).toBe(1)
  },
)

test('HTTP-26 VLT-07 whoever asks for a part of a text gets the whole, searched', async () => {
  const { read, upstream } = await start({
    upstream: {
      script: (request) =>
        request.header('range') === null
          ? { headers: [['content-type', 'application/octet-stream']], body: `one ${SECRET} two` }
          : {
              status: 206,
              headers: [
                ['content-type', 'application/octet-stream'],
                ['content-range', 'bytes 0-9/99'],
              ],
              body: SECRET.slice(0, 10),
            },
    },
  })
  const answer = await read({ headers: [['range', 'bytes=0-9']] })
  expect([answer.status, linesOf(answer, 'content-range'), answer.text]).toEqual([200, [], `one ${'*'.repeat(SECRET.length)} two`])
  expect(upstream.requests).toHaveLength(2)
})

test('HTTP-26 a part of a film or a picture passes', async () => {
  for (const type of ['video/mp4', 'image/png', 'application/pdf', 'application/zip']) {
    const { read, close } = await startWay(part(type, 'bytes'))
    const answer = await read({ headers: [['range', 'bytes=5-9']] })
    expect([answer.status, linesOf(answer, 'content-range'), answer.text]).toEqual([206, ['bytes 5-9/99'], 'bytes'])
    await close()
  }
  way = await startWay()
})

test('VLT-07 the secret, whole, is found in a part of a film as well', async () => {
  const { read } = await start(part('video/mp4', `x${SECRET}x`))
  expect((await read()).text).toBe(`x${'*'.repeat(SECRET.length)}x`)
})

test('VLT-07 a part of a compressed body cannot be read, and is not passed on', async () => {
  const { read } = await start(part('video/mp4', 'x', [['content-encoding', 'gzip']]))
  expect((await read()).status).toBe('upstream_invalid')
})

test('HTTP-26 where no secret is sent, any part passes', async () => {
  const { read } = await start({ ...part('text/plain', 'bytes'), secret: null })
  expect((await read()).status).toBe(206)
})
