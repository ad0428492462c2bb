import { expect, test } from 'vitest'
import { createBreaker } from './breaker.ts'

function fail(breaker: ReturnType<typeof createBreaker>, times: number): void {
  for (let at = 0; at < times; at += 1) breaker.failed()
}

test('HTTP-21 four failures and a success are forgotten; the fifth in a row makes a pause', () => {
  const breaker = createBreaker(() => 0)
  fail(breaker, 4)
  expect(breaker.pause()).toBeNull()
  breaker.succeeded()
  fail(breaker, 4)
  expect(breaker.pause()).toBeNull()
  fail(breaker, 1)
  expect(breaker.pause()).toBe(1000)
})

test('HTTP-21 after the pause one request tries; the others wait for its outcome', () => {
  let now = 0
  const breaker = createBreaker(() => now)
  fail(breaker, 5)
  now = 999
  expect(breaker.pause()).toBe(1)
  now = 1000
  expect(breaker.pause()).toBeNull()
  expect(breaker.pause()).toBe(1000)
  breaker.succeeded()
  expect(breaker.pause()).toBeNull()
  expect(breaker.pause()).toBeNull()
})

test('HTTP-21 each failed attempt doubles the pause, up to half a minute; a crowd that fails together does not', () => {
  let now = 0
  const breaker = createBreaker(() => now)
  fail(breaker, 50)
  const pauses: (number | null)[] = []
  for (let round = 0; round < 8; round += 1) {
    const pause = breaker.pause()
    pauses.push(pause)
    now += pause ?? 0
    expect(breaker.pause()).toBeNull()
    breaker.failed()
  }
  expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
})

test('HTTP-21 an attempt whose visitor went away makes room for the next', () => {
  let now = 0
  const breaker = createBreaker(() => now)
  fail(breaker, 5)
  now = 1000
  expect(breaker.pause()).toBeNull()
  breaker.abandoned()
  expect(breaker.pause()).toBeNull()
})

test('HTTP-21 a clock that jumps back does not pause an upstream for the length of the jump', () => {
  let now = 10 * 86_400_000
  const breaker = createBreaker(() => now)
  fail(breaker, 5)
  now -= 3 * 86_400_000
  expect(breaker.pause()).toBeNull()
})
