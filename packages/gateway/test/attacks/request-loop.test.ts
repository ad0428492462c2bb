import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Kit, startKit } from '../kit.ts'

let kit: Kit
let arrived = 0

/** An upstream that leads back to the gateway, as a wrong DNS entry or a load balancer does. */
const relay = createServer((incoming, outgoing) => {
  arrived += 1
  const { via = '' } = incoming.headers
  const options = {
    port: kit.running.port,
    host: '127.0.0.1',
    path: `/api/shop${incoming.url ?? ''}`,
    headers: { host: new URL(kit.origin).host, via },
  }
  request(options, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 0, { 'content-type': 'application/json' })
    answer.pipe(outgoing)
  }).end()
})

beforeAll(async () => {
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(relay.address() as AddressInfo).port}`
  kit = await startKit({
    config: { shop: { access: 'public', allow: ['GET /**'] } },
    api: () => Promise.resolve({ origin, close: () => new Promise((resolve) => relay.close(() => resolve())) }),
  })
})
afterAll(() => kit.close())

test('HTTP-12 a request that comes back is not sent a second time', async () => {
  const answer = await kit.call('GET', '/api/shop/x')
  expect(answer.status).toBe(508)
  expect(JSON.parse(answer.text).code).toBe('loop_detected')
  expect(arrived).toBe(1)
})

test('HTTP-12 another gateway of the same make on the way is no loop', async () => {
  await kit.call('GET', '/api/shop/x', { headers: [['via', '1.1 cloakroom, 1.1 cloakroom-000000000000, 1.0 fred']] })
  expect(arrived).toBe(2)
})
