import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Kit, startKit } from '../kit.ts'
import type { Reaction } from '../upstream.ts'

/** What an upstream may send instead of one whole answer, and what the visitor gets. A 200 that breaks off ends without its last byte. */
const CASES: readonly [why: string, sent: string, outcome: 502 | 'cut' | 'clean'][] = [
  [
    'Content-Length and Transfer-Encoding',
    'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    502,
  ],
  [
    'Transfer-Encoding and Content-Length',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    502,
  ],
  ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 50\r\n\r\nhello', 502],
  ['a list of lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 5, 50\r\n\r\nhello', 502],
  ['a length that is no number', 'HTTP/1.1 200 OK\r\ncontent-length: five\r\n\r\nhello', 502],
  ['a negative length', 'HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\nhello', 502],
  ['a length with a sign', 'HTTP/1.1 200 OK\r\ncontent-length: +5\r\n\r\nhello', 502],
  ['a length in hexadecimal', 'HTTP/1.1 200 OK\r\ncontent-length: 0x5\r\n\r\nhello', 502],
  ['a length beyond all numbers', 'HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999999\r\n\r\nhello', 502],
  ['no status line', 'hello, world\r\n\r\n', 502],
  ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n', 502],
  ['another version', 'HTTP/9.9 200 OK\r\ncontent-length: 5\r\n\r\nhello', 502],
  ['a status that is none', 'HTTP/1.1 999 OK\r\ncontent-length: 5\r\n\r\nhello', 502],
  ['a status of two digits', 'HTTP/1.1 20 OK\r\ncontent-length: 5\r\n\r\nhello', 502],
  ['a field name with a space', 'HTTP/1.1 200 OK\r\ncontent length: 5\r\n\r\nhello', 502],
  ['a space before the colon', 'HTTP/1.1 200 OK\r\ncontent-length : 5\r\n\r\nhello', 502],
  ['NUL in a value', 'HTTP/1.1 200 OK\r\nx-a: b\0c\r\ncontent-length: 5\r\n\r\nhello', 502],
  ['a lone CR in a value', 'HTTP/1.1 200 OK\r\nx-a: b\rx-c: d\r\ncontent-length: 5\r\n\r\nhello', 502],
  ['a line without a colon', 'HTTP/1.1 200 OK\r\nnocolon\r\ncontent-length: 5\r\n\r\nhello', 502],
  [
    '101 that nobody asked for',
    'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n\u0081\u0005hello',
    502,
  ],
  ['100 that nobody asked for', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello', 502],
  ['interim answers without end', 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n'.repeat(2000), 502],
  ['fields beyond all bounds', `HTTP/1.1 200 OK\r\nx-a: ${'a'.repeat(200_000)}\r\ncontent-length: 5\r\n\r\nhello`, 502],
  ['a coding that nobody undoes', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked, gzip\r\n\r\n5\r\nhello\r\n0\r\n\r\n', 502],
  ['a chunk size that is none', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\nhello\r\n0\r\n\r\n', 'cut'],
  ['a negative chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n', 'cut'],
  ['a chunk longer than it says', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n', 'cut'],
  ['a body that ends early', 'HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhello', 'cut'],
  ['a chunked body without its end', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n', 'cut'],
  ['half a head', 'HTTP/1.1 200 OK\r\ncontent-le', 502],
  ['nothing at all', '', 502],
  [
    'a second answer behind the first',
    'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nPOISONED',
    'clean',
  ],
  ['bytes behind the answer', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhelloPOISONED', 'clean'],
  ['a body in an answer that has none', 'HTTP/1.1 204 No Content\r\n\r\nPOISONED', 'clean'],
  ['a body with 304', 'HTTP/1.1 304 Not Modified\r\ncontent-length: 8\r\n\r\nPOISONED', 'clean'],
]

let kit: Kit
let cookie: string
let now: Reaction = {}

beforeAll(async () => {
  kit = await startKit({
    config: { shop: { limits: { headTimeout: '2s' } } },
    upstream: { script: (request) => (request.target.includes('canary') ? { body: `canary of ${request.target}` } : now) },
  })
  cookie = await kit.signIn()
})
afterAll(() => kit.close())

describe('HTTP-15 C7 C21 an answer that can be read in two ways ends with its connection', () => {
  test.each(CASES)('%s', async (why, sent, outcome) => {
    // With the connection left open, so that only the gateway can end it; an answer that breaks off needs the other end.
    const ends = /early|without its end|half a head|nothing at all/.test(why)
    now = { raw: Buffer.from(sent, 'latin1'), after: ends ? 'close' : 'keep' }
    const before = kit.upstream.connections
    const answer = await kit.call('GET', '/api/shop/broken', { cookie })
    if (outcome === 502) expect([answer.status, answer.header('cloakroom-error')]).toEqual([502, expect.stringMatching(/^upstream_/)])
    else if (outcome === 'cut') {
      // Small answers are read whole before their head goes out; whichever comes, it must not look whole.
      const whole =
        answer.status === 200 && (answer.header('content-length') === String(answer.text.length) || answer.raw.includes('\r\n0\r\n\r\n'))
      expect(whole).toBe(false)
    } else expect([200, 204, 304]).toContain(answer.status)
    expect(answer.raw.toString('latin1')).not.toContain('POISONED')
    // The next visitor gets its own answer, and not on the spoilt connection.
    const next = await Promise.all(['a', 'b', 'c'].map((name) => kit.call('GET', `/api/shop/canary-${name}`, { cookie })))
    expect(next.map(({ status, text }) => [status, text])).toEqual(['a', 'b', 'c'].map((name) => [200, `canary of /v1/canary-${name}`]))
    const spoilt = kit.upstream.requests.findLast(({ target }) => target.includes('broken'))?.connection
    const canaries = kit.upstream.requests.slice(-3)
    expect(canaries.every(({ connection }) => connection !== spoilt)).toBe(true)
    expect(kit.upstream.connections).toBeGreaterThan(before)
  })
})

test('HTTP-22 a trailer of the upstream reaches nobody', async () => {
  now = {
    raw: 'HTTP/1.1 200 OK\r\ntrailer: set-cookie\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nset-cookie: evil=1\r\nx-tail: evil\r\n\r\n',
  }
  const answer = await kit.call('GET', '/api/shop/broken', { cookie })
  expect([answer.status, answer.text]).toEqual([200, 'hello'])
  expect(answer.raw.toString('latin1')).not.toMatch(/evil|trailer/i)
})
