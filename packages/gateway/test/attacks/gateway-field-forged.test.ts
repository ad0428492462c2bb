import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Kit, startKit } from '../kit.ts'

/** What an API might take from a gateway and believe. */
const TRUSTED = [
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-user',
  'x-forwarded-email',
  'x-forwarded-groups',
  'x-forwarded-access-token',
  'forwarded',
  'x-real-ip',
  'x-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
  'x-user-id',
  'x-user-role',
  'x-remote-user',
  'remote-user',
  'x-original-url',
  'x-rewrite-url',
  'x-http-method-override',
  'x-request-id',
  'cloakroom-context',
  'cloakroom-error',
  'signature',
  'signature-input',
  'client-cert',
  'client-cert-chain',
  'x-csrf',
  'proxy-authorization',
]
const LIE = 'forged-by-the-visitor'

let kit: Kit
let cookie = ''
beforeAll(async () => {
  kit = await startKit()
  cookie = await kit.signIn()
})
afterAll(() => kit.close())

const sentWith = async (fields: readonly (readonly [string, string])[]) => {
  const before = kit.upstream.requests.length
  const answer = await kit.call('GET', '/api/shop/products', { cookie, headers: fields })
  return { status: answer.status, sent: kit.upstream.requests[before] ?? null }
}

test.each(TRUSTED.flatMap((name) => [name, name.replaceAll('-', '_'), name.toUpperCase()]).map((name) => [name]))(
  'HDR-01 CSRF-19 %s from a visitor never reaches the API',
  async (name) => {
    const { status, sent } = await sentWith([
      [name, LIE],
      [name, LIE],
    ])
    expect(status).toBe(200)
    expect(sent?.head.toString('latin1')).not.toContain(LIE)
  },
)

test('HDR-03 HTTP-11 the API gets the fields on the list, and ours once: its own Host, our Via and identifier', async () => {
  const { sent } = await sentWith([
    ['x-foo', LIE],
    ['accept', 'application/json'],
    ['accept-language', 'de'],
    ['via', '1.1 evil'],
    ['origin', kit.origin],
    ['referer', `${kit.origin}/secret-page`],
  ])
  const names = sent?.headers.map(([name]) => name.toLowerCase()) ?? []
  expect(new Set(names).size).toBe(names.length)
  expect(names.toSorted()).toEqual(expect.arrayContaining(['accept', 'accept-language', 'authorization', 'host', 'via', 'x-request-id']))
  for (const name of ['x-foo', 'cookie', 'origin', 'referer', 'sec-fetch-site', 'connection-x']) expect(names).not.toContain(name)
  expect(sent?.header('host')).toBe(new URL(kit.upstream.origin).host)
  expect(sent?.header('via')).toMatch(/^1\.1 cloakroom\S*$/)
})

test('HTTP-09 HTTP-10 a Connection field takes nothing away that is ours, and what it names stays behind', async () => {
  const { status, sent } = await sentWith([
    ['connection', 'close, authorization, x-request-id, via, host, accept'],
    ['keep-alive', 'timeout=5'],
    ['te', 'trailers'],
    ['proxy-connection', 'keep-alive'],
    ['accept', 'application/json'],
  ])
  expect(status).toBe(200)
  const names = sent?.headers.map(([name]) => name.toLowerCase()) ?? []
  expect(sent?.header('authorization')).toBe(`Bearer ${kit.secret}`)
  for (const name of ['x-request-id', 'via', 'host']) expect(names).toContain(name)
  for (const name of ['accept', 'keep-alive', 'te', 'proxy-connection']) expect(names).not.toContain(name)
})

test('HDR-02 an address that a visitor claims is in no log', async () => {
  await kit.call('GET', '/api/shop/products', {
    headers: [
      ['x-forwarded-for', '203.0.113.9'],
      ['forwarded', 'for=203.0.113.9'],
      ['x-real-ip', '203.0.113.9'],
    ],
  })
  await expect.poll(() => kit.auditLines().some(({ kind }) => kind === 'request.refused'), { interval: 20, timeout: 5000 }).toBe(true)
  expect(JSON.stringify(kit.auditLines())).not.toContain('203.0.113.9')
  expect(kit.auditLines().find(({ kind }) => kind === 'request.refused')).toMatchObject({ address: '127.0.0.1' })
})
