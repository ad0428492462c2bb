import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Kit, startKit } from '../kit.ts'
import { converse, type Step } from '../raw.ts'

interface FieldCase {
  readonly id: string
  readonly why: string
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly status: number
  /** Beside the fields that a browser sends, not in their place. */
  readonly keepOwn?: boolean
}

const CORPUS = JSON.parse(readFileSync(new URL('../corpora/header-fields.json', import.meta.url), 'utf8')) as FieldCase[]
/** All that an upstream may see of a GET: what the visitor may choose, and what the gateway writes. */
const KNOWN = new Set([
  'host',
  'connection',
  'accept',
  'accept-language',
  'accept-encoding',
  'authorization',
  'user-agent',
  'via',
  'x-request-id',
  'if-modified-since',
  'range',
  'content-type',
])

let kit: Kit
let cookie: string
beforeAll(async () => {
  kit = await startKit()
  cookie = await kit.signIn()
})
afterAll(() => kit.close())

test('HDR-01 the corpus has at least 100 tricks, each with its reason', () => {
  expect(new Set(CORPUS.map(({ id }) => id)).size).toBe(CORPUS.length)
  expect(CORPUS.length).toBeGreaterThanOrEqual(100)
})

describe('HDR-01 HDR-03 HTTP-09 HTTP-10 C3 a field is what the gateway makes of it', () => {
  test.each(CORPUS)('$id: $why', async ({ id, fields, status, keepOwn = false }) => {
    const { port } = kit.running
    const before = kit.upstream.requests.length
    const said = await converse(
      port,
      [ask(`/api/shop/${id}`, fields, keepOwn), ...(status === 200 && !closes(fields) ? [ask('/api/shop/canary', [], false)] : [])],
      3000,
      0,
    )
    expect(said.answers[0]?.status).toBe(status)
    const arrived = kit.upstream.requests.slice(before)
    if (status !== 200) {
      expect(arrived).toHaveLength(0)
      return
    }
    const [request] = arrived
    expect(request?.target).toBe(`/v1/${id}`)
    // What the gateway adds is there, once, whatever was listed, doubled or spelled otherwise.
    expect(request?.all('authorization')).toEqual([`Bearer ${kit.secret}`])
    expect(request?.all('host')).toEqual([new URL(kit.upstream.origin).host])
    expect(request?.all('x-request-id')).toHaveLength(1)
    expect(request?.header('via')).toMatch(/^1\.1 cloakroom-[0-9a-f]{12}$/)
    expect(request?.header('user-agent')).toBe('cloakroom')
    expect(request?.headers.filter(([name]) => !KNOWN.has(name.toLowerCase()))).toEqual([])
    if (!id.startsWith('twice')) expect(request?.head.toString('latin1')).not.toMatch(/evil/i)
    // The next request on the connection is as it was.
    if (arrived.length > 1) expect([said.answers[1]?.status, arrived[1]?.all('authorization')]).toEqual([200, [`Bearer ${kit.secret}`]])
  })
})

function ask(path: string, fields: readonly (readonly [string, string])[], keepOwn: boolean): Step {
  const given = new Set(keepOwn ? [] : fields.map(([name]) => name))
  const own: readonly (readonly [string, string])[] = [
    ['host', new URL(kit.origin).host],
    ['cookie', cookie],
    ['sec-fetch-site', 'same-origin'],
    ['sec-fetch-mode', 'cors'],
    ['sec-fetch-dest', 'empty'],
  ]
  const lines = [...own.filter(([name]) => !given.has(name)), ...fields].map(([name, value]) => `${name}: ${value}\r\n`)
  return { pieces: [{ bytes: Buffer.from(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1') }] }
}

function closes(fields: readonly (readonly [string, string])[]): boolean {
  return fields.some(([name, value]) => name === 'connection' && /\bclose\b/.test(value))
}
