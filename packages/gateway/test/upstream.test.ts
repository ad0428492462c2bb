import { once } from 'node:events'
import { request } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { gate, startUpstream, type Upstream, type UpstreamOptions } from './upstream.ts'

let upstream: Upstream
afterEach(() => upstream.close())

async function start(options: UpstreamOptions = {}): Promise<Upstream> {
  upstream = await startUpstream(options)
  return upstream
}

test('the test upstream records what arrived, byte for byte, and echoes it', async () => {
  await start()
  const response = await fetch(`${upstream.origin}/a%2Db?x=1`, { method: 'POST', body: 'hello', headers: { 'X-Odd_Name': 'v' } })
  expect(await response.json()).toMatchObject({ method: 'POST', target: '/a%2Db?x=1', body: 'hello' })
  expect(upstream.requests[0]?.all('x-odd_name')).toEqual(['v'])
  expect(upstream.requests[0]?.head.toString()).toMatch(/^POST \/a%2Db\?x=1 HTTP\/1\.1\r\n/)
})

test('the test upstream reads chunked bodies and keeps a connection', async () => {
  await start()
  const first = request(`${upstream.origin}/`, { method: 'PUT', headers: { connection: 'keep-alive' } })
  const answered = once(first, 'response')
  first.write('one,')
  first.end('two')
  await upstream.until(() => upstream.requests.length === 1)
  await answered
  expect(upstream.requests[0]?.body.toString()).toBe('one,two')
  expect(upstream.bodyBytes).toBe(7)
  first.on('error', () => undefined).destroy()
})

test('the test upstream demands its key and holds an answer back at a gate', async () => {
  const held = gate()
  await start({ demand: { header: 'x-key', value: 'k' }, script: [{ body: ['one', held, 'two'] }] })
  expect((await fetch(upstream.origin)).status).toBe(401)
  const response = await fetch(upstream.origin, { headers: { 'x-key': 'k' } })
  held.open()
  expect(await response.text()).toBe('onetwo')
})

test('the test upstream resets a connection', async () => {
  await start({ script: ['reset'] })
  await expect(fetch(upstream.origin)).rejects.toThrow()
  expect(upstream.requests).toHaveLength(1)
})
