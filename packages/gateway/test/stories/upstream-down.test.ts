import { afterAll, beforeAll, expect, test } from 'vitest'
import type { OutboundHead } from '../../src/decide/outbound.ts'
import { createForward } from '../../src/forward/forward.ts'
import { collect } from '../bodies.ts'
import { makeApi } from '../fixtures.ts'
import { type Kit, startKit } from '../kit.ts'
import { startUpstream, type Reaction } from '../upstream.ts'
import { codeOf } from '../way-kit.ts'

let kit: Kit
let now: Reaction = 'reset'
beforeAll(async () => {
  kit = await startKit({ upstream: { script: () => now } })
})
afterAll(() => kit.close())

test('HTTP-21 an API that is down is left alone: 503 with Retry-After at once, one attempt after the pause, then everybody again', async () => {
  const cookie = await kit.signIn()
  const ask = async () => {
    const answer = await kit.call('GET', '/api/shop/products', { cookie })
    return [answer.status, answer.header('cloakroom-error'), answer.header('retry-after')]
  }
  for (let at = 0; at < 5; at += 1) expect(await ask()).toEqual([502, 'upstream_unreachable', null])
  const arrived = kit.upstream.requests.length
  for (let at = 0; at < 3; at += 1) expect(await ask()).toEqual([503, 'upstream_paused', '1'])
  expect(kit.upstream.requests.length).toBe(arrived)
  kit.clock.now += 1000
  expect(await ask()).toEqual([502, 'upstream_unreachable', null])
  expect(await ask()).toEqual([503, 'upstream_paused', '2'])
  kit.clock.now += 2000
  now = { body: 'fine' }
  expect(await ask()).toEqual([200, null, null])
  expect(await ask()).toEqual([200, null, null])
})

test('HTTP-21 the others do not notice', async () => {
  const [down, up] = [await startUpstream({ script: ['reset'] }), await startUpstream()]
  const forward = createForward({ clock: () => 0 })
  const ask = async (origin: string): Promise<number | string> => {
    const head: OutboundHead = { method: 'GET', origin, path: '/', query: '', headers: [] }
    try {
      const answer = await forward.send(head, null, makeApi({ upstreamOrigin: origin }))
      await collect(answer.body)
      return answer.status
    } catch (cause) {
      return codeOf(cause)
    }
  }
  for (let at = 0; at < 6; at += 1) {
    expect(await ask(up.origin)).toBe(200)
    expect(await ask(down.origin)).toBe(at < 5 ? 'upstream_unreachable' : 'upstream_paused')
  }
  await forward.close()
  await Promise.all([down.close(), up.close()])
})
