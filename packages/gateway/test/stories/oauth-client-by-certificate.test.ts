import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AuthorizationServer, startAuthorizationServer } from '../authorization-server.ts'
import { makeAuthority, makeSelfSigned, type TestAuthority, type TestCertificate } from '../certificates.ts'
import { type Kit, startKit } from '../kit.ts'

const SUBJECT = 'shop.gateway.example'
const folder = mkdtempSync(join(tmpdir(), 'cloakroom-oauth-mtls-'))
const CA = join(folder, 'ca.pem')

let authority: TestAuthority
let server: AuthorizationServer
let api: Server
let kit: Kit
let cookie: string

beforeAll(async () => {
  authority = await makeAuthority()
  writeFileSync(CA, authority.pem)
  const tls = await authority.issue(['127.0.0.1'])
  server = await startAuthorizationServer({ tls: { ...tls, clients: authority.pem } })
  // Takes an access token only together with the certificate that it was issued to (RFC 8705 §3).
  api = createServer({ ...tls, ca: authority.pem, requestCert: true, rejectUnauthorized: true }, (request, response) => {
    const [, shown = ''] = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '') ?? []
    const name = (request.socket as TLSSocket).getPeerCertificate().subjectaltname
    response.statusCode = server.issued.has(shown) && name === `DNS:${SUBJECT}` ? 200 : 401
    response.end('x')
  })
  await new Promise<void>((done) => api.listen(0, '127.0.0.1', done))
  const origin = `https://127.0.0.1:${(api.address() as AddressInfo).port}`
  const entry = (name: string) => ({
    path: `/api/${name}`,
    upstream: origin,
    credential: name,
    allow: ['GET /**'],
    access: 'login' as const,
    upstreamCa: CA,
    clientCertificate: { vault: 'good' },
  })
  kit = await startKit({ apis: () => ({ good: entry('good'), other: entry('other'), own: entry('own'), unknown: entry('unknown') }) })
  // TLS goes by the machine's clock; so must what is shown to it.
  kit.clock.now = Date.now()
  await addClient('good', await authority.issue([SUBJECT]), origin)
  await addClient('other', await authority.issue(['somebody.else.example']), origin)
  await addClient('own', await makeSelfSigned([SUBJECT]), origin)
  await addClient('unknown', await authority.issue([SUBJECT]), origin, null)
  cookie = await kit.signIn()
})
afterAll(async () => {
  await kit.close()
  await server.close()
  await new Promise((done) => {
    api.close(done)
    api.closeAllConnections()
  })
  rmSync(folder, { recursive: true })
})

async function addClient(name: string, pair: TestCertificate, origin: string, ca: string | null = authority.pem): Promise<void> {
  const client = {
    endpoint: server.endpoint,
    clientId: 'shower',
    authentication: 'tls_client_auth',
    key: null,
    scope: 'orders:read',
    resource: 'https://api.example.com/',
    audience: null,
    ca,
    privateNetwork: false,
  } as const
  const value = Buffer.from(`${pair.cert}\n${pair.key}`)
  const wish = { kind: { is: 'oauth', client }, value, placement: { kind: 'bearer' }, origins: [origin] } as const
  const made = await kit.vault.add(name, wish, kit.clock.now)
  if (made.kind === 'refused') throw new Error(made.text)
}

test('an access token is had by a certificate (RFC 8705), with resource and scope, and used under the same certificate', async () => {
  expect((await kit.call('GET', '/api/good/x', { cookie })).status).toBe(200)
  expect(server.asked).toEqual([{ status: 200, scope: 'orders:read' }])
  expect(Object.fromEntries(server.form())).toEqual({
    grant_type: 'client_credentials',
    scope: 'orders:read',
    resource: 'https://api.example.com/',
    client_id: 'shower',
  })
})

test.each(['other', 'own'])('a certificate for somebody else, and one that nobody vouches for, get none (%s)', async (name) => {
  const answer = await kit.call('GET', `/api/${name}/x`, { cookie })
  expect([answer.status, answer.header('cloakroom-error')]).toEqual([503, 'credential_unavailable'])
  expect(server.asked.at(-1)).toEqual({ status: 401, scope: null })
})

test('to a server that no known authority vouches for nothing is sent', async () => {
  const before = server.asked.length
  expect((await kit.call('GET', '/api/unknown/x', { cookie })).status).toBe(503)
  expect(server.asked).toHaveLength(before)
})

test('the certificate is replaced like a secret, and nothing else is taken for one', async () => {
  const before = server.asked.length
  const { cert, key } = await authority.issue([SUBJECT])
  const rotate = async (text: string): Promise<unknown> =>
    await kit.vault.rotate('good', { value: Buffer.from(text), retireAfterMs: 0 }, kit.clock.now)
  expect(await rotate('no certificate at all')).toMatchObject({ code: 'value_no_certificate' })
  expect(await rotate(`${cert}\n${key}`)).toMatchObject({ kind: 'done' })
  // Shown to the API as well, as one that this client has.
  expect((await kit.call('GET', '/api/good/x', { cookie })).status).toBe(200)
  expect(server.asked.slice(before)).toEqual([{ status: 200, scope: 'orders:read' }])
})
