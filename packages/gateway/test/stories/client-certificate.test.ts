import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeAuthority, type TestAuthority, type TestCertificate } from '../certificates.ts'
import { type Kit, startKit } from '../kit.ts'

const folder = mkdtempSync(join(tmpdir(), 'cloakroom-mtls-'))
const [CERT, KEY, CA] = ['client.pem', 'client-key.pem', 'ca.pem'].map((name) => join(folder, name)) as [string, string, string]

let authority: TestAuthority
let api: Server
let kit: Kit
let cookie: string
let written = 0

/** Replaces the pair; the time of the change is set, because two writes within a clock tick look like one. */
function show({ cert, key }: TestCertificate): void {
  written += 10
  for (const [file, text] of [
    [CERT, cert],
    [KEY, key],
  ] as const) {
    writeFileSync(file, text, { mode: 0o600 })
    utimesSync(file, 1_700_000_000 + written, 1_700_000_000 + written)
  }
}

beforeAll(async () => {
  authority = await makeAuthority()
  const server = await authority.issue(['127.0.0.1'])
  writeFileSync(CA, authority.pem)
  show(await authority.issue(['gateway-one.example']))
  // Refuses everybody without a certificate of this authority before a byte of HTTP is read.
  api = createServer({ ...server, ca: authority.pem, requestCert: true, rejectUnauthorized: true }, (request, response) => {
    response.setHeader('connection', 'close')
    response.end((request.socket as TLSSocket).getPeerCertificate().subjectaltname)
  })
  await new Promise<void>((done) => api.listen(0, '127.0.0.1', done))
  const origin = `https://127.0.0.1:${(api.address() as AddressInfo).port}`
  const open = { upstream: origin, allow: ['GET /**'], access: 'login' as const, upstreamCa: CA }
  kit = await startKit({
    apis: () => ({
      shown: { ...open, path: '/api/shown', clientCertificate: { cert: CERT, key: KEY } },
      bare: { ...open, path: '/api/bare' },
      unfit: { ...open, path: '/api/unfit', clientCertificate: { cert: CERT, key: CA } },
    }),
  })
  // TLS goes by the machine's clock; so must what is shown to it.
  kit.clock.now = Date.now()
  cookie = await kit.signIn()
})
afterAll(async () => {
  await kit.close()
  await new Promise((done) => {
    api.close(done)
    api.closeAllConnections()
  })
  rmSync(folder, { recursive: true })
})

test('UPV-15 an API that demands a client certificate takes the gateway, and nobody without one', async () => {
  expect((await kit.call('GET', '/api/shown/x', { cookie })).text).toBe('DNS:gateway-one.example')
  expect((await kit.call('GET', '/api/bare/x', { cookie })).status).toBe(502)
})

test('a renewed certificate is shown within seconds, without a restart; a half-written one is not', async () => {
  show(await authority.issue(['gateway-two.example']))
  kit.clock.now += 2000
  expect((await kit.call('GET', '/api/shown/x', { cookie })).text).toBe('DNS:gateway-two.example')
  const { cert, key } = await authority.issue(['gateway-three.example'])
  show({ cert: cert.slice(0, 200), key })
  kit.clock.now += 2000
  expect((await kit.call('GET', '/api/shown/x', { cookie })).text).toBe('DNS:gateway-two.example')
  show({ cert, key })
  kit.clock.now += 2000
  expect((await kit.call('GET', '/api/shown/x', { cookie })).text).toBe('DNS:gateway-three.example')
})

test('a key that does not belong to the certificate, and one that has ended: the API is not called', async () => {
  expect((await kit.call('GET', '/api/unfit/x', { cookie })).header('cloakroom-error')).toBe('credential_unavailable')
  const now = kit.clock.now
  kit.clock.now += 2 * 86_400_000
  const again = await kit.signIn()
  expect((await kit.call('GET', '/api/shown/x', { cookie: again })).header('cloakroom-error')).toBe('credential_unavailable')
  kit.clock.now = now
})
