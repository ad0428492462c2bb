import type { AuditEvent } from '@cloakroom/contract'
import { expect, test } from 'vitest'
import { watchApiClocks, watchOwnClock } from './clock-watch.ts'

const NOW = Date.UTC(2026, 10, 27, 12)

function watched() {
  const events: AuditEvent[] = []
  const clock = { now: NOW }
  return { events, clock, parts: { audit: { note: (event: AuditEvent) => void events.push(event) }, clock: () => clock.now } }
}

test('LOG-08 an API whose clock is a minute off is told of, once in ten minutes; a cached answer and a missing date are not', () => {
  const { events, clock, parts } = watched()
  const arrived = (api: string, offMs: number, ...more: readonly (readonly [string, string])[]) =>
    watch.arrived?.(api, 1, [['date', new Date(clock.now - offMs).toUTCString()], ...more])
  const watch = watchApiClocks(parts)
  arrived('good', 59_000)
  watch.arrived?.('silent', 1, [['content-type', 'text/plain']])
  arrived('cached', 3_600_000, ['age', '3600'])
  arrived('behind', 61_000)
  arrived('behind', 61_000)
  expect(events).toMatchObject([{ kind: 'clock.skewed', target: 'behind', reason: 'api', detail: { aheadMs: 61_000 } }])
  clock.now += 600_000
  arrived('behind', 0)
  arrived('good', -61_000)
  expect(events.map(({ target, detail }) => [target, detail['aheadMs']])).toEqual([
    ['behind', 61_000],
    ['good', -61_000],
  ])
})

test('LOG-08 a clock that is set, forwards or back, is told of; one that walks is not', () => {
  const { events, clock, parts } = watched()
  let steady = 5
  const look = watchOwnClock(parts, () => steady)
  const pass = (ms: number, jumpMs: number): void => {
    steady += ms
    clock.now += ms + jumpMs
    look()
  }
  pass(60_000, 0)
  pass(60_000, 4_900)
  expect(events).toEqual([])
  pass(60_000, 3_600_000)
  pass(60_000, -3_600_000)
  pass(60_000, 0)
  expect(events.map(({ kind, reason, detail }) => [kind, reason, detail['jumpedMs']])).toEqual([
    ['clock.skewed', 'jump', 3_600_000],
    ['clock.skewed', 'jump', -3_600_000],
  ])
})
