import { afterEach, describe, expect, test, vi } from 'vitest'
import type { OAuthClient } from '../../src/vault/oauth-client.ts'
import { CLIENT, startAuthorizationServer, type AuthorizationServer } from '../authorization-server.ts'
import { call } from '../call.ts'
import { type Kit, startKit } from '../kit.ts'
import { addSigningKey } from '../signed-kit.ts'
import { install, type Installation, signIn } from '../started.ts'

let closing: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of closing.toReversed()) await each.close()
  closing = []
})

async function serve(options: Parameters<typeof startAuthorizationServer>[0] = {}): Promise<AuthorizationServer> {
  const server = await startAuthorizationServer(options)
  closing.push(server)
  return server
}

/** A gateway whose API takes what this server has issued and nothing else. */
async function gateway(server: AuthorizationServer, client: Partial<OAuthClient> = {}, value: string = CLIENT.secret): Promise<Kit> {
  const kit = await gatewayOf(() => server)
  await addClient(kit, server, client, value)
  return kit
}

async function gatewayOf(server: () => AuthorizationServer): Promise<Kit> {
  const kit = await startKit({
    upstream: {
      script: (request) => {
        const [, shown = ''] = /^Bearer (\S+)$/.exec(request.header('authorization') ?? '') ?? []
        return server().issued.has(shown) ? { body: `welcome ${shown}` } : { status: 401, body: 'who are you' }
      },
    },
    apis: (origin) => ({ crm: { path: '/api/crm', upstream: origin, credential: 'crm', allow: ['GET /**', 'POST /**'], access: 'login' } }),
  })
  closing.push(kit)
  return kit
}

async function addClient(kit: Kit, { endpoint }: AuthorizationServer, client: Partial<OAuthClient>, value: string): Promise<void> {
  const whole: OAuthClient = {
    endpoint,
    clientId: CLIENT.id,
    authentication: 'client_secret_basic',
    key: null,
    scope: 'orders:read',
    resource: null,
    audience: null,
    ca: null,
    privateNetwork: false,
    ...client,
  }
  const kind = { is: 'oauth', client: whole } as const
  const secret = { kind, value: Buffer.from(value), placement: { kind: 'bearer' }, origins: [kit.upstream.origin] } as const
  const made = await kit.vault.add('crm', secret, kit.clock.now)
  if (made.kind === 'refused') throw new Error(made.text)
}

/** The trail's lines of a kind, as soon as there are so many. */
async function told(kit: Kit, kind: string, count = 1): Promise<readonly Record<string, unknown>[]> {
  const lines = (): readonly Record<string, unknown>[] => kit.auditLines().filter((line) => line['kind'] === kind)
  await vi.waitUntil(() => lines().length >= count, { interval: 20, timeout: 5000 })
  return lines()
}

describe('a credential that an authorization server issues', () => {
  test.each<[string, Partial<OAuthClient>]>([
    ['client_secret_basic', {}],
    ['client_secret_post', { clientId: 'poster', authentication: 'client_secret_post' }],
  ])('is had with %s, with its scope, and put on the request', async (_, client) => {
    const server = await serve()
    const kit = await gateway(server, client)
    const answer = await kit.call('GET', '/api/crm/x', { cookie: await kit.signIn() })
    expect([answer.status, server.asked]).toEqual([200, [{ status: 200, scope: 'orders:read' }]])
  })

  test('is had with a key that never leaves the vault (private_key_jwt), and with no other key', async () => {
    let server: AuthorizationServer | null = null
    const kit = await gatewayOf(() => server as AuthorizationServer)
    // The server looks at its own clock.
    kit.clock.now = Date.now()
    server = await serve({
      async clientKey(origin) {
        await addSigningKey(kit, 'crm-client', origin, 'ecdsa-p256-sha256')
        const [key] = (await kit.vault.published(['crm-client'], kit.clock.now)).keys
        if (key === undefined) throw new Error('no key')
        return key
      },
    })
    await addClient(kit, server, { clientId: 'signer', authentication: 'private_key_jwt', key: 'crm-client' }, '')
    const cookie = await kit.signIn()
    const answer = await kit.call('GET', '/api/crm/x', { cookie })
    expect([answer.status, server.asked]).toEqual([200, [{ status: 200, scope: 'orders:read' }]])
    const other = await gateway(server, { clientId: 'signer', authentication: 'private_key_jwt', key: 'crm-client' }, '')
    other.clock.now = Date.now()
    await addSigningKey(other, 'crm-client', server.origin, 'ecdsa-p256-sha256')
    expect((await other.call('GET', '/api/crm/x', { cookie: await other.signIn() })).status).toBe(503)
    expect(server.asked.at(-1)?.status).toBe(401)
  })

  test('VLT-07 neither the client secret nor the access token comes back, although the API echoes it', async () => {
    const server = await serve()
    const kit = await gateway(server)
    const answer = await kit.call('GET', '/api/crm/x', { cookie: await kit.signIn() })
    const [issued = ''] = server.issued
    expect(issued.length).toBeGreaterThan(20)
    expect(answer.text).toMatch(/^welcome \*+$/)
    expect(JSON.stringify(kit.upstream.requests.map(({ headers }) => headers))).not.toContain(CLIENT.secret)
  })

  test('fifty requests at once have one issued, over two gateways on one store as well', async () => {
    const server = await serve()
    const kit = await gateway(server)
    const twin = await kit.twin()
    const cookie = await kit.signIn()
    const calls = Array.from({ length: 50 }, (_, at) => (at % 2 === 0 ? kit : twin).call('GET', '/api/crm/x', { cookie }))
    const answers = await Promise.all(calls)
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200))
    expect([server.issued.size, server.asked.length]).toEqual([1, 1])
  })

  test('one that the API refuses before its time is replaced, the call is made again, and the owner is told', async () => {
    const server = await serve()
    const kit = await gateway(server)
    const cookie = await kit.signIn()
    await kit.call('GET', '/api/crm/x', { cookie })
    server.issued.clear()
    expect((await kit.call('GET', '/api/crm/x', { cookie })).status).toBe(200)
    expect(await told(kit, 'credential.rejected')).toMatchObject([{ target: 'crm', result: 'ok', reason: 'spare_taken' }])
    server.issued.clear()
    // Not again at once: an API that refuses everything must not have one issued for every request.
    expect((await kit.call('GET', '/api/crm/x', { cookie })).status).toBe(401)
    expect(server.asked).toHaveLength(2)
  })

  test('a call that changes something is not made twice', async () => {
    const server = await serve()
    const kit = await gateway(server)
    const cookie = await kit.signIn()
    await kit.call('GET', '/api/crm/x', { cookie })
    server.issued.clear()
    const before = kit.upstream.requests.length
    expect((await kit.call('POST', '/api/crm/x', { cookie, body: '{}' })).status).toBe(401)
    expect(kit.upstream.requests.length - before).toBe(1)
  })

  test('a wrong client secret: 503, nothing goes to the API, and the server is not asked again for a while', async () => {
    const server = await serve()
    const kit = await gateway(server, {}, 'not-the-client-secret-at-all')
    const cookie = await kit.signIn()
    const statuses = []
    for (let at = 0; at < 5; at++) statuses.push((await kit.call('GET', '/api/crm/x', { cookie })).status)
    expect([statuses, kit.upstream.requests.length, server.asked.length]).toEqual([[503, 503, 503, 503, 503], 0, 1])
  })

  test('what was issued ends with a revocation, and is not found in any file', async () => {
    const server = await serve()
    const kit = await gateway(server)
    const cookie = await kit.signIn()
    await kit.call('GET', '/api/crm/x', { cookie })
    expect(await kit.stores.minted.find('crm\n1')).toMatchObject({ sealed: expect.stringMatching(/^ck1\./) })
    await kit.vault.revoke('crm', null, kit.clock.now)
    expect((await kit.call('GET', '/api/crm/x', { cookie })).status).toBe(503)
    expect(await kit.stores.minted.find('crm\n1')).toBeNull()
  })
})

test('the version before is tried when the API refuses the one in use, and the owner is told', async () => {
  let taken = 'first-secret-0123456789'
  const kit = await startKit({
    upstream: {
      script: (request) => (request.header('authorization') === `Bearer ${taken}` ? { body: 'yes' } : { status: 401, body: 'no' }),
    },
    apis: (origin) => ({ crm: { path: '/api/crm', upstream: origin, credential: 'crm', allow: ['GET /**'], access: 'login' } }),
  })
  closing.push(kit)
  const { vault, clock } = kit
  await vault.add('crm', { value: Buffer.from(taken), placement: { kind: 'bearer' }, origins: [kit.upstream.origin] }, clock.now)
  await vault.rotate('crm', { value: Buffer.from('second-secret-0123456789'), retireAfterMs: 3_600_000 }, clock.now)
  const cookie = await kit.signIn()
  expect((await kit.call('GET', '/api/crm/x', { cookie })).text).toBe('yes')
  taken = 'neither of them'
  expect((await kit.call('GET', '/api/crm/x', { cookie })).status).toBe(401)
  expect(await told(kit, 'credential.rejected', 2)).toMatchObject([
    { target: 'crm', result: 'ok' },
    { target: 'crm', result: 'failed' },
  ])
  await vault.revoke('crm', 1, clock.now)
  const before = kit.upstream.requests.length
  await kit.call('GET', '/api/crm/x', { cookie })
  expect(kit.upstream.requests.length - before).toBe(1)
})

test('two processes on one store have one access token issued between them for fifty requests at once', { timeout: 60_000 }, async () => {
  const server = await serve()
  let installation: Installation | null = null
  try {
    installation = await install('canary-two-processes-4Zk8Qw2LmX9', (request) =>
      server.issued.has((request.header('authorization') ?? '').slice(7)) ? { body: 'yes' } : { status: 401, body: 'no' },
    )
    const { upstream } = installation
    const added = await installation.run(
      ['secret', 'add-client', 'crm', '--origin', upstream.origin, '--token-endpoint', server.endpoint, '--client-id', CLIENT.id],
      CLIENT.secret,
    )
    expect(added.code, added.err).toBe(0)
    installation.edit((text) => text.replace(/^( +credential: ).*$/m, '$1crm'))
    const [one, other] = [await installation.start(), await installation.start()]
    const cookie = await signIn(one.port)
    const statuses = await Promise.all(
      Array.from({ length: 50 }, async (_, at) => (await call((at % 2 === 0 ? one : other).port, 'GET', '/api/shop/x', { cookie })).status),
    )
    expect([new Set(statuses), server.asked.length]).toEqual([new Set([200]), 1])
  } finally {
    await installation?.remove()
  }
})
