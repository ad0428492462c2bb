import { afterEach, expect, test } from 'vitest'
import { createForward } from '../../src/forward/forward.ts'
import type { ForwardPart } from '../../src/parts.ts'
import { startUpstream, type Upstream } from '../upstream.ts'
import { codeOf, SECRET, startWay, type Way, type WayOptions } from '../way-kit.ts'

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

test.each([
  ['another host', ['https://api.other.example']],
  ['nothing', []],
  ['a longer name', ['http://127.0.0.1:80800']],
  ['the host without the scheme', ['127.0.0.1']],
])('VLT-14 C20 a credential that is sealed for %s is not sent, whatever the vault was asked', async (_what, origins) => {
  const way = await start({ origins })
  expect(await way.read()).toMatchObject({ status: 'credential_unavailable' })
  expect([way.upstream.connections, way.opened, way.released]).toEqual([0, 1, 1])
})

test('VLT-14 C20 the same host on another port or scheme is another origin', async () => {
  const other = await stranger()
  for (const wrong of [other.origin, other.origin.replace('http:', 'https:'), `${other.origin}/`, other.origin.toUpperCase()]) {
    const way = await start({ origins: [wrong] })
    expect(await way.read()).toMatchObject({ status: 'credential_unavailable' })
    expect([way.upstream.connections, other.connections]).toEqual([0, 0])
  }
})

test('VLT-14 C20 a visitor cannot steer where it goes: not by Host, forwarded fields, path or query', async () => {
  const evil = await stranger()
  const way = await start({})
  const host = `127.0.0.1:${evil.port}`
  const paths = [`/api/shop/${host}/x`, `/api/shop/@${host}`, `/api/shop//${host}/`, `/api/shop/http:%2F%2F${host}`, '/api/shop/x']
  for (const path of paths) {
    await way.read({
      path,
      query: `host=${host}&url=${evil.origin}`,
      headers: [
        ['host', host],
        ['x-forwarded-host', host],
        ['x-host', host],
        ['forwarded', `host=${host}`],
        ['x-original-url', evil.origin],
        ['x-rewrite-url', evil.origin],
      ],
    })
  }
  expect(evil.connections).toBe(0)
  for (const request of way.upstream.requests) {
    expect(request.all('host')).toEqual([`127.0.0.1:${way.upstream.port}`])
    expect(request.target.startsWith('/v1/')).toBe(true)
    expect(request.header('authorization')).toBe(`Bearer ${SECRET}`)
  }
})

test('VLT-14 C20 a head that was made for one upstream is not sent to another', async () => {
  const other = await stranger()
  const forward = createForward()
  open.push({ close: () => forward.close() })
  const lying: ForwardPart = {
    send: (request, body, api, departure) => forward.send({ ...request, origin: other.origin }, body, api, departure),
  }
  const way = await start({ forwardPart: lying })
  expect(codeOf(await way.pass().catch((cause: unknown) => cause))).toBe('internal')
  expect([other.connections, way.upstream.connections, way.released]).toEqual([0, 0, 1])
})
