import { describe, expect, test } from 'vitest'
import { type Arrival, type Hit, meter } from './counters.ts'
import { attemptHits, deviceHit, sprayHits } from './login-throttle.ts'

/** Tries until all that is admitted at this moment is used up; then waits as told. Returns the waits. */
function waits(hits: readonly Hit[], attempts: number): number[] {
  const arrivals = new Map<string, Arrival>()
  const found: number[] = []
  let at = 1_000_000
  for (let done = 0; done < attempts;) {
    const over = hits
      .map((hit) => ({ hit, metered: meter(arrivals.get(hit.key) ?? null, hit.limit, at) }))
      .find(({ hit, metered }) => {
        arrivals.set(hit.key, metered.arrival)
        return metered.over
      })
    if (over === undefined) done += 1
    else {
      found.push(over.metered.retryAfterMs)
      at += over.metered.retryAfterMs
    }
  }
  return found
}

describe('how wrong passwords slow down', () => {
  const hits = attemptHits('ada', { kind: 'network', address: '198.51.100.7' })

  test('PWD-10 five at once, then ever longer waits', () => {
    expect(waits(hits, 5)).toEqual([])
    const found = waits(hits, 24)
    expect(found[0]).toBe(5000)
    expect(found.some((wait) => wait >= 20_000)).toBe(true)
    expect(found.some((wait) => wait >= 240_000)).toBe(true)
    expect(Math.max(...found)).toBeGreaterThan(3_000_000)
    expect(Math.max(...found.slice(-3))).toBeGreaterThan(Math.max(...found.slice(0, 3)))
  })

  test('PWD-11 another network, another device and another account have counters of their own', () => {
    const lanes = [
      hits,
      attemptHits('ada', { kind: 'network', address: '198.51.100.8' }),
      attemptHits('ada', { kind: 'device', device: 'one' }),
      attemptHits('ada', { kind: 'device', device: 'two' }),
      attemptHits('bob', { kind: 'device', device: 'one' }),
      attemptHits('bob', { kind: 'network', address: '198.51.100.7' }),
      [deviceHit('ada', 'one'), deviceHit('ada', 'two'), deviceHit('bob', 'one'), ...sprayHits('198.51.100.7')],
    ]
    const keys = lanes.flat().map((hit) => hit.key)
    expect(new Set(keys).size).toBe(keys.length)
  })

  test('PWD-10 the addresses of one IPv6 network share their counters', () => {
    const from = (address: string): readonly string[] => attemptHits('ada', { kind: 'network', address }).map((hit) => hit.key)
    expect(from('2001:db8:1:2::1')).toEqual(from('2001:db8:1:2:ffff::9'))
    expect(from('2001:db8:1:2::1')).not.toEqual(from('2001:db8:1:3::1'))
    expect(sprayHits('2001:db8:1:2::1')).toEqual(sprayHits('2001:db8:1:2::2'))
  })

  test('PWD-10 and those of one IPv6 customer share further ones, which hold twice as many and are asked last', () => {
    const from = (address: string) => attemptHits('ada', { kind: 'network', address })
    const [one, other, stranger] = ['2001:db8:1:2::1', '2001:db8:1:fffe::1', '2001:db8:2:2::1'].map(from)
    expect(one!.length).toBe(8)
    expect(other!.slice(4)).toEqual(one!.slice(4))
    expect(stranger!.slice(4)).not.toEqual(one!.slice(4))
    expect(one!.slice(4).map(({ limit }) => limit.burst)).toEqual(one!.slice(0, 4).map(({ limit }) => limit.burst * 2))
    expect(from('198.51.100.7')).toHaveLength(4)
    expect(sprayHits('198.51.100.7')).toHaveLength(1)
    expect(sprayHits('2001:db8:1:2::1')[1]).toEqual(sprayHits('2001:db8:1:3::1')[1])
  })
})
