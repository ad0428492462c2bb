import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { makeAuthority, type TestAuthority, type TestCertificate, type Validity } from '../certificates.ts'
import { type Kit, startKit } from '../kit.ts'

const folder = mkdtempSync(join(tmpdir(), 'cloakroom-mtls-vault-'))
const CA = join(folder, 'ca.pem')
const DAY_MS = 86_400_000

let authority: TestAuthority
let api: Server
let origin: string
let kit: Kit
let cookie: string
/** Connections that stand, by the name in the certificate that they were made with. */
const standing = new Map<string, number>()
let releaseSlow: (() => void)[] = []

beforeAll(async () => {
  authority = await makeAuthority()
  writeFileSync(CA, authority.pem)
  const tls = { ...(await authority.issue(['127.0.0.1'])), ca: authority.pem, requestCert: true, rejectUnauthorized: true }
  api = createServer({ ...tls, keepAliveTimeout: 60_000 }, (request, response) => {
    const name = (request.socket as TLSSocket).getPeerCertificate().subjectaltname ?? ''
    if (request.url !== '/slow') response.end(name)
    else {
      response.write('begun ')
      releaseSlow.push(() => response.end(name))
    }
  })
  api.on('secureConnection', (socket: TLSSocket) => {
    const name = socket.getPeerCertificate().subjectaltname ?? ''
    standing.set(name, (standing.get(name) ?? 0) + 1)
    socket.on('close', () => standing.set(name, (standing.get(name) ?? 0) - 1))
  })
  await new Promise<void>((done) => api.listen(0, '127.0.0.1', done))
  origin = `https://127.0.0.1:${(api.address() as AddressInfo).port}`
  kit = await startKit({
    apis: () => ({
      shown: {
        path: '/api/shown',
        upstream: origin,
        allow: ['GET /**'],
        access: 'login',
        upstreamCa: CA,
        clientCertificate: { vault: 'shop-mtls' },
      },
    }),
  })
  // TLS goes by the machine's clock; so must what is shown to it.
  kit.clock.now = Date.now()
  cookie = await kit.signIn()
})
beforeEach(() => {
  releaseSlow = []
})
afterAll(async () => {
  await kit.close()
  await new Promise((done) => {
    api.close(done)
    api.closeAllConnections()
  })
  rmSync(folder, { recursive: true })
})

const pem = ({ cert, key }: TestCertificate): Buffer => Buffer.from(`${cert}\n${key}\n`)
const issue = async (name: string, validity?: Validity): Promise<Buffer> => pem(await authority.issue([name], validity))
const ask = async (path = '/x'): Promise<string> => {
  const answer = await kit.call('GET', `/api/shown${path}`, { cookie })
  return answer.header('cloakroom-error') ?? answer.text
}
const store = async (name: string, origins: readonly string[]): Promise<string> => {
  const wish = { kind: { is: 'client-certificate' }, value: await issue(`${name}.example`), placement: null, origins } as const
  const made = await kit.vault.add('shop-mtls', wish, kit.clock.now)
  return made.kind === 'refused' ? made.code : made.kind
}
const rotate = async (value: Uint8Array): Promise<string> => {
  const made = await kit.vault.rotate('shop-mtls', { value, retireAfterMs: DAY_MS }, kit.clock.now)
  return made.kind === 'refused' ? made.code : made.kind
}

test('UPV-15 a certificate that lies in the vault with its key: without it, and for another origin, the API is not called', async () => {
  expect(await ask()).toBe('credential_unavailable')
  expect(await store('one', ['https://other.example'])).toBe('done')
  expect(await ask()).toBe('credential_unavailable')
  expect(standing.size).toBe(0)
})

test('UPV-15 TLS-05 it is shown, and neither it nor its key lies readable in any file of the store', async () => {
  const second = await startKit({
    apis: () => ({
      shown: {
        path: '/api/shown',
        upstream: origin,
        allow: ['GET /**'],
        access: 'login',
        upstreamCa: CA,
        clientCertificate: { vault: 'shop-mtls' },
      },
    }),
  })
  await kit.close()
  kit = second
  kit.clock.now = Date.now()
  cookie = await kit.signIn()
  expect(await store('one', [origin])).toBe('done')
  expect(await ask()).toBe('DNS:one.example')
  const written = ['durable.sqlite', 'durable.sqlite-wal'].map((file) => readFileSync(join(kit.folder, 'data', file)).toString('latin1'))
  expect(written.join('')).not.toMatch(/PRIVATE KEY|BEGIN CERTIFICATE/)
})

test('UPV-13 it is replaced under load without a failed request; what is connected under the old one ends at once, a long answer when it is over', async () => {
  const slow = kit.call('GET', '/api/shown/slow', { cookie })
  await vi.waitUntil(() => releaseSlow.length === 1)
  const seen = new Set<string>()
  const load = { over: false }
  const callers = Array.from({ length: 12 }, async () => {
    while (!load.over) seen.add(await ask())
  })
  await vi.waitUntil(() => (standing.get('DNS:one.example') ?? 0) > 4)
  expect(await rotate(await issue('two.example'))).toBe('done')
  await vi.waitUntil(() => seen.has('DNS:two.example'))
  // All but the one with the long answer, long before a keep-alive would end them.
  await vi.waitUntil(() => standing.get('DNS:one.example') === 1, { timeout: 1500 })
  load.over = true
  await Promise.all(callers)
  expect([...seen].toSorted()).toEqual(['DNS:one.example', 'DNS:two.example'])
  releaseSlow[0]?.()
  expect((await slow).text).toBe('begun DNS:one.example')
  await vi.waitUntil(() => standing.get('DNS:one.example') === 0, { timeout: 1500 })
})

test('what is no certificate with its own key is not taken, and the one in use stays', async () => {
  const one = await authority.issue(['a.example'])
  const other = await authority.issue(['b.example'])
  for (const value of [Buffer.from('a secret'), Buffer.from(one.cert), Buffer.from(one.key), pem({ cert: one.cert, key: other.key })])
    expect(await rotate(value)).toBe('value_no_certificate')
  expect(await ask()).toBe('DNS:two.example')
})

test('one that is not valid yet waits for its day; one that ends, ends with its certificate', async () => {
  const now = kit.clock.now
  expect(await rotate(await issue('later.example', { from: new Date(now + DAY_MS / 2), to: new Date(now + 3 * DAY_MS) }))).toBe('done')
  expect(await ask()).toBe('DNS:two.example')
  const [view] = (await kit.vault.list()).filter(({ name }) => name === 'shop-mtls')
  expect(view?.versions[0]?.state).toBe('staged')
  expect(view?.versions[0]?.notAfter).toBe(Math.floor((now + 3 * DAY_MS) / 1000) * 1000)
  expect(await rotate(await issue('ended.example', { from: new Date(now - DAY_MS), to: new Date(now - 1000) }))).toBe('times_unusable')
})

test('UPV-13 revoked: an answer that is on its way ends, the next request goes nowhere, and what is connected under it ends', async () => {
  const slow = kit.call('GET', '/api/shown/slow', { cookie })
  await vi.waitUntil(() => releaseSlow.length === 1)
  expect(standing.get('DNS:two.example')).toBeGreaterThan(0)
  await kit.vault.revoke('shop-mtls', null, kit.clock.now)
  // Nobody released it: it ended where it was, without its last chunk.
  expect((await slow).text).toBe('begun ')
  expect(await ask()).toBe('credential_unavailable')
  await vi.waitUntil(() => standing.get('DNS:two.example') === 0, { timeout: 1500 })
})

test('it is never sent as a secret, and a secret is never shown as a certificate', async () => {
  const at = kit.clock.now
  const value = await issue('never.example')
  await kit.vault.add('never-sent', { kind: { is: 'client-certificate' }, value, placement: null, origins: [origin] }, at)
  await expect(async () => await kit.vault.open('never-sent', origin, at)).rejects.toThrow(/clientCertificate/)
  await expect(async () => await kit.vault.openCertificate('shop-key', kit.upstream.origin, at)).rejects.toThrow(/no client certificate/)
})
