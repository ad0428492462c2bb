import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { makeAuthority, makeSelfSigned, type TestAuthority, type TestCertificate } from '../certificates.ts'
import type { Upstream, UpstreamOptions } from '../upstream.ts'
import { SECRET, startWay, type Way, type WayOptions } from '../way-kit.ts'

let authority: TestAuthority
let stranger: TestAuthority
beforeAll(async () => {
  authority = await makeAuthority()
  stranger = await makeAuthority()
})

let way: Way
afterEach(async () => {
  vi.unstubAllEnvs()
  await way.close()
})

/** An upstream with this certificate; the gateway trusts `authority` for it. */
async function start(
  tls: NonNullable<UpstreamOptions['tls']>,
  origin: (upstream: Upstream) => string = (upstream) => upstream.origin,
): Promise<Way> {
  const options: WayOptions = { upstream: { tls }, origin }
  // The origin is known once the upstream listens: trust is given for whatever is asked.
  const upstreamCa = new Map<string, string>()
  upstreamCa.get = () => authority.pem
  way = await startWay({ ...options, forward: { upstreamCa } })
  return way
}

const DAY_MS = 86_400_000
const day = (offset: number): Date => new Date(Date.now() + offset * DAY_MS)

test('HTTP-27 a certificate of a trusted authority, with the right name, is accepted', async () => {
  const { read, upstream } = await start(await authority.issue(['127.0.0.1']))
  expect((await read()).status).toBe(200)
  expect(upstream.requests[0]?.header('authorization')).toBe(`Bearer ${SECRET}`)
})

test('HTTP-27 a name is checked as a name', async () => {
  const { read } = await start(await authority.issue(['localhost']), ({ port }) => `https://localhost:${port}`)
  expect((await read()).status).toBe(200)
})

const BAD: readonly (readonly [string, () => Promise<TestCertificate>, RegExp])[] = [
  ['issued for another address', () => authority.issue(['127.0.0.2']), /ALTNAME/],
  ['issued for another name', () => authority.issue(['api.example.com']), /ALTNAME/],
  ['issued for no name', () => authority.issue([]), /ALTNAME/],
  ['self-signed', () => makeSelfSigned(['127.0.0.1']), /SELF_SIGNED/],
  ['of an authority that nobody trusts', () => stranger.issue(['127.0.0.1']), /UNABLE_TO_VERIFY|SIGNATURE|ISSUER/],
  ['expired', () => authority.issue(['127.0.0.1'], { from: day(-2), to: day(-1) }), /EXPIRED/],
  ['not yet valid', () => authority.issue(['127.0.0.1'], { from: day(1), to: day(2) }), /NOT_YET_VALID/],
]

test.each(BAD)(
  'HTTP-27 C22 a certificate that is %s ends the connection before anything is sent, and is audited',
  async (_what, make, cause) => {
    const { read, upstream, events } = await start(await make())
    expect((await read()).status).toBe('upstream_untrusted')
    expect((await read({ method: 'POST' })).status).toBe('upstream_untrusted')
    expect([upstream.requests.length, upstream.bodyBytes, way.opened, way.released]).toEqual([0, 0, 2, 2])
    expect(events).toMatchObject([
      {
        kind: 'upstream.tls_failed',
        target: 'shop',
        result: 'failed',
        reason: 'upstream_untrusted',
        detail: { cause: expect.stringMatching(cause) },
      },
      { kind: 'upstream.tls_failed' },
    ])
  },
)

test('HTTP-27 C22 no switch of the environment turns verification off', async () => {
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
  const { read, upstream } = await start(await makeSelfSigned(['127.0.0.1']))
  expect((await read()).status).toBe('upstream_untrusted')
  expect(upstream.requests).toHaveLength(0)
})

test('HTTP-27 TLS 1.1 is not spoken', async () => {
  const { read, upstream } = await start({ ...(await authority.issue(['127.0.0.1'])), maxVersion: 'TLSv1.1' })
  expect((await read()).status).toBe('upstream_untrusted')
  expect(upstream.requests).toHaveLength(0)
})

test('HTTP-27 an upstream without TLS is not called without TLS', async () => {
  const limits = {
    requestBytes: 1000,
    responseBytes: null,
    connectMs: 300,
    headMs: 1000,
    idleMs: 1000,
    connections: 1024,
    messageBytes: 1000,
  }
  way = await startWay({ api: { limits }, origin: ({ port }) => `https://127.0.0.1:${port}` })
  // It waits for a request, we for its part of the handshake.
  expect((await way.read()).status).toBe('upstream_timeout')
  expect(way.upstream.requests).toHaveLength(0)
})

test('HTTP-27 an upstream that answers a handshake in plain text is not believed', async () => {
  way = await startWay({
    upstream: { greeting: 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n' },
    origin: ({ port }) => `https://127.0.0.1:${port}`,
  })
  expect((await way.read()).status).toBe('upstream_untrusted')
  expect(way.events).toMatchObject([{ kind: 'upstream.tls_failed' }])
})
