import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { call, type Called, exchange, readAnswer } from '../call.ts'
import { type Kit, PASSWORD, startKit } from '../kit.ts'

let site = ''
let kit: Kit
let cookie = ''
beforeAll(async () => {
  site = mkdtempSync(join(tmpdir(), 'cloakroom-site-'))
  mkdirSync(join(site, 'assets'))
  writeFileSync(join(site, 'index.html'), '<title>Shop</title>')
  writeFileSync(join(site, 'assets/app.js'), 'export {}')
  kit = await startKit({
    config: { site },
    upstream: {
      script: (request) =>
        request.target.endsWith('/page')
          ? {
              headers: [
                ['content-type', 'text/html'],
                ['server', 'Echo/1.2'],
                ['x-powered-by', 'Echo'],
                ['content-security-policy', 'script-src *'],
              ],
              body: '<script>alert(1)</script>',
            }
          : {
              headers: [
                ['content-type', 'application/json'],
                ['server', 'Echo/1.2'],
                ['x-aspnet-version', '4'],
                ['x-request-id', 'theirs'],
                ['date', 'Thu, 01 Jan 1970 00:00:00 GMT'],
              ],
              body: '{}',
            },
    },
  })
  cookie = await kit.signIn()
})
afterAll(async () => {
  await kit.close()
  rmSync(site, { recursive: true })
})

type Kind = 'api' | 'own page' | 'own' | 'site' | 'refusal'
const raw = (bytes: string) => async (): Promise<Called> => readAnswer(await exchange(kit.running.port, Buffer.from(bytes)))
const NAVIGATION = [
  ['sec-fetch-mode', 'navigate'],
  ['sec-fetch-dest', 'document'],
  ['accept', 'text/html'],
] as const

const ANSWERS: readonly (readonly [kind: Kind, name: string, status: number, ask: () => Promise<Called>])[] = [
  ['api', 'the API', 200, () => kit.call('GET', '/api/shop/products', { cookie })],
  ['api', 'a page of the API', 200, () => kit.call('GET', '/api/shop/page', { cookie })],
  ['own page', 'the sign-in page', 200, () => kit.call('GET', '/auth/login', { headers: NAVIGATION })],
  ['own page', 'the password page', 200, () => kit.call('GET', '/auth/password', { cookie, headers: NAVIGATION })],
  ['own page', 'a page that is not there', 404, () => kit.call('GET', '/auth/none', { headers: NAVIGATION })],
  ['own', 'who is signed in', 200, () => kit.call('GET', '/auth/session', { cookie })],
  ['own', 'a login', 200, () => kit.call('POST', '/auth/login', { json: { account: 'ada', password: PASSWORD } })],
  ['own', 'a logout', 204, async () => kit.call('POST', '/auth/logout', { cookie: await kit.signIn() })],
  ['own', 'the way to the sign-in page', 303, () => kit.call('GET', '/auth/password', { headers: NAVIGATION })],
  ['site', 'the site', 200, () => kit.call('GET', '/', { headers: NAVIGATION })],
  ['site', 'its script', 200, () => kit.call('GET', '/assets/app.js')],
  ['site', 'a page that the site lacks', 404, () => kit.call('GET', '/none', { headers: NAVIGATION })],
  ['refusal', 'a file that the site lacks', 404, () => kit.call('GET', '/none.js')],
  ['refusal', 'a stranger', 401, () => kit.call('GET', '/api/shop/products')],
  [
    'refusal',
    'a wrong password',
    401,
    () => kit.call('POST', '/auth/login', { json: { account: 'ada', password: 'wrong, and long enough' } }),
  ],
  ['refusal', 'another site', 403, () => kit.call('POST', '/api/shop/orders', { cookie, headers: [['sec-fetch-site', 'cross-site']] })],
  ['refusal', 'a method', 405, () => kit.call('PUT', '/api/shop/orders', { cookie })],
  ['refusal', 'TRACE', 405, () => kit.call('TRACE', '/', { cookie })],
  ['refusal', 'another host', 421, () => call(kit.running.port, 'GET', '/', { host: 'evil.example' })],
  ['refusal', 'a path with two readings', 400, () => kit.call('GET', '/api/shop/%2e%2e/x', { cookie })],
  ['refusal', 'a long target', 414, () => kit.call('GET', `/${'x'.repeat(9000)}`)],
  ['refusal', 'no request', 400, raw('nonsense\r\n\r\n')],
  ['refusal', 'large fields', 431, raw(`GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}`)],
  ['refusal', 'a tunnel', 405, raw('CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n')],
]

describe.each(ANSWERS)('%s, %s', (kind, _name, status, ask) => {
  let answer: Called
  beforeAll(async () => {
    answer = await ask()
    expect(answer.status).toBe(status)
  })

  test('HDR-05 carries a policy that lets nothing run which is not ours', () => {
    const policy = answer.header('content-security-policy') ?? ''
    expect(answer.all('content-security-policy')).toHaveLength(1)
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe-eval|script-src[^;]*(?:unsafe-inline|\*)/)
    if (kind === 'api' || kind === 'own' || kind === 'refusal') expect(policy).toBe("default-src 'none'; frame-ancestors 'none'; sandbox")
    if (kind === 'own page')
      for (const directive of ["default-src 'none'", "object-src 'none'", "base-uri 'none'"]) expect(policy).toContain(directive)
    if (kind === 'site') expect(policy).toMatch(/object-src 'none'/)
  })

  test('HDR-06 is what its content type says, and nothing else', () => {
    expect(answer.all('x-content-type-options')).toEqual(['nosniff'])
    if (answer.text === '') return
    const type = answer.header('content-type') ?? ''
    expect(type).not.toBe('')
    if (type.startsWith('text/') && kind !== 'api') expect(type).toMatch(/; charset=utf-8$/)
  })

  test('HDR-07 tells other sites nothing and lets them hold nothing', () => {
    expect(answer.header('referrer-policy')).toMatch(/^(?:no-referrer|strict-origin)$/)
    expect(answer.header('cross-origin-opener-policy')).toBe('same-origin')
    expect(answer.header('cross-origin-resource-policy')).toBe('same-origin')
  })

  test('HDR-08 is kept by nobody, the public site excepted', () => {
    if (kind !== 'site') expect(answer.header('cache-control')).toContain('no-store')
  })

  test('HDR-10 HDR-15 names no server, and its date is now', () => {
    for (const name of ['server', 'x-powered-by', 'x-aspnet-version', 'via']) expect([name, answer.header(name)]).toEqual([name, null])
    expect(answer.header('x-request-id') ?? 'ours').not.toBe('theirs')
    expect(answer.all('date')).toHaveLength(1)
    expect(Math.abs(Date.parse(answer.header('date') ?? '') - Date.now())).toBeLessThan(60_000)
  })
})

test('HDR-15 the API gets the identifier of our log and of our refusals, never the one that the visitor made up', async () => {
  const before = kit.upstream.requests.length
  await kit.call('GET', '/api/shop/products', { cookie, headers: [['x-request-id', 'made-up']] })
  const sent = kit.upstream.requests[before]
  expect(sent?.header('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  const refused = await kit.call('GET', '/api/shop/products', { headers: [['x-request-id', 'made-up']] })
  const { request } = JSON.parse(refused.text) as { request: string }
  expect(request).toMatch(/^[0-9a-f-]{36}$/)
  await expect.poll(() => kit.auditLines().some((line) => line['request'] === request), { interval: 20, timeout: 5000 }).toBe(true)
})

test('PRIV-01 PRIV-06 what a visitor sends and gets is in no file, and of a query only the names', async () => {
  const body = 'private-words-of-a-visitor'
  expect((await kit.call('POST', '/api/shop/orders?note=private-note', { cookie, body })).status).toBe(200)
  expect(kit.upstream.requests.at(-1)?.body.toString()).toBe(body)
  expect((await kit.call('POST', '/api/shop/orders?note=private-note', { body })).status).toBe(401)
  await expect.poll(() => filesIn(kit.folder), { interval: 50, timeout: 5000 }).toContain('note=[redacted]')
  const kept = filesIn(kit.folder)
  for (const word of [body, 'private-note']) expect([word, kept.includes(word)]).toEqual([word, false])
})

function filesIn(folder: string): string {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true }).filter((entry) => entry.isFile())
  return files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1')).join('\n')
}
