import { afterEach, describe, expect, test } from 'vitest'
import { guardOf } from '../guard-kit.ts'
import { type Kit, startKit } from '../kit.ts'

/* A counter by address is worth nothing when its owner writes the address himself: X-Forwarded-For, X-Real-IP, Forwarded, in every form. */

let kit: Kit | null = null
afterEach(async () => {
  await kit?.close()
  kit = null
})

const GUARD = guardOf('signals:\n  calls: { on: request, key: ip.net, gcra: { max: 5, per: 1h } }', {
  id: 'too-many',
  when: 'signal.calls.over',
  does: '{ throttle: auto }',
})

const forged = (n: number): readonly (readonly [string, string])[] => [
  ['x-forwarded-for', `198.51.100.${n}, 203.0.113.${n}`],
  ['x-real-ip', `198.51.100.${n}`],
  ['forwarded', `for=198.51.100.${n}`],
  ['x-client-ip', `198.51.100.${n}`],
  ['cf-connecting-ip', `198.51.100.${n}`],
  ['true-client-ip', `198.51.100.${n}`],
]

describe('RATE-01 HDR-02 a limit by address', () => {
  test('holds however the address is forged, when no proxy is trusted', async () => {
    kit = await startKit({ guard: GUARD })
    const { call } = kit
    const statuses: number[] = []
    for (let n = 0; n < 12; n += 1) statuses.push((await call('GET', '/nowhere', { headers: forged(n) })).status)
    expect(statuses).toEqual([...Array.from({ length: 5 }, () => 404), ...Array.from({ length: 7 }, () => 429)])
  })

  test('behind a trusted proxy counts what the proxy wrote, not what the visitor wrote before it', async () => {
    kit = await startKit({ guard: GUARD, config: { trustedProxies: ['127.0.0.1'] } })
    const { call } = kit
    const from = async (chain: string) => (await call('GET', '/nowhere', { headers: [['x-forwarded-for', chain]] })).status
    const statuses: number[] = []
    for (let n = 0; n < 12; n += 1) statuses.push(await from(`198.51.100.${n}, 192.0.2.66`))
    expect(statuses.filter((status) => status === 429)).toHaveLength(7)
    expect(await from('192.0.2.66, 192.0.2.67')).toBe(404)
  })
})
