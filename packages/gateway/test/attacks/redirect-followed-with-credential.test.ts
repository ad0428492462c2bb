import { afterEach, expect, test } from 'vitest'
import { startUpstream, type Upstream } from '../upstream.ts'
import { linesOf, SECRET, startWay, type Way, type WayOptions } from '../way-kit.ts'

const open: { close: () => Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

async function start(options: WayOptions): Promise<Way> {
  const way = await startWay(options)
  open.push(way)
  return way
}

async function stranger(): Promise<Upstream> {
  const upstream = await startUpstream()
  open.push(upstream)
  return upstream
}

test.each([301, 302, 303, 307, 308, 300])(
  'HTTP-19 VLT-14 a %i to another host is not followed, not passed on, and its target not told',
  async (status) => {
    const evil = await stranger()
    const way = await start({
      upstream: { script: [{ status, headers: [['location', `${evil.origin}/take`]], body: `see ${evil.origin}` }] },
    })
    expect(await way.read()).toEqual({ status: 'upstream_redirect', headers: [], text: '', broken: null })
    expect([evil.connections, way.upstream.requests.length, way.released]).toEqual([0, 1, 1])
    expect(way.events).toMatchObject([{ kind: 'upstream.failed', reason: 'upstream_redirect' }])
  },
)

test('HTTP-19 a redirect within the upstream is passed on as a public path; the gateway does not go there', async () => {
  const way = await start({
    upstream: { script: (request) => ({ status: 307, headers: [['location', `${new URL(request.target, 'http://x').pathname}/next`]] }) },
  })
  const answer = await way.read({ method: 'POST' })
  expect([answer.status, linesOf(answer, 'location')]).toEqual([307, ['/api/shop/x/next']])
  expect(way.upstream.requests).toHaveLength(1)
})

test('HTTP-19 to an origin that the owner named the visitor’s browser may go, without the secret', async () => {
  const pay = await stranger()
  const way = await start({
    api: { linksTo: [pay.origin] },
    upstream: { script: [{ status: 303, headers: [['location', `${pay.origin}/checkout?id=1`]] }] },
  })
  const answer = await way.read({ method: 'POST' })
  expect([answer.status, linesOf(answer, 'location')]).toEqual([303, [`${pay.origin}/checkout?id=1`]])
  expect(JSON.stringify(answer)).not.toContain(SECRET)
  expect(pay.connections).toBe(0)
})

test.each([
  'http://169.254.169.254/latest/meta-data',
  '//evil.example/',
  '/\\evil.example',
  'https://user@evil.example/',
  'javascript:alert(1)',
  '/v1/../admin',
  '/outside',
])('HTTP-19 %j is nowhere to go', async (location) => {
  const way = await start({ upstream: { script: [{ status: 302, headers: [['location', location]] }] } })
  expect((await way.read()).status).toBe('upstream_redirect')
})

test('HTTP-19 an answer that is blocked does not keep the upstream’s connection busy', async () => {
  const way = await start({
    upstream: { script: [{ status: 302, headers: [['location', 'http://evil.example/']], body: Buffer.alloc(4_000_000) }] },
  })
  expect((await way.read()).status).toBe('upstream_redirect')
  await way.upstream.until(() => way.upstream.openConnections === 0)
})
