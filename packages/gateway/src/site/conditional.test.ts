import { expect, test } from 'vitest'
import { headersOf } from '../decide/headers.ts'
import { checkPreconditions, rangeStillFits } from './conditional.ts'

const NOW = { etag: '"abc"', modifiedAt: Date.UTC(2026, 0, 2, 3, 4, 5) }
const SAME = new Date(NOW.modifiedAt).toUTCString()
const BEFORE = new Date(NOW.modifiedAt - 1000).toUTCString()

test.each([
  [{}, 'send'],
  [{ 'if-none-match': '"abc"' }, 'not-modified'],
  [{ 'if-none-match': 'W/"abc"' }, 'not-modified'],
  [{ 'if-none-match': '"x", "abc"' }, 'not-modified'],
  [{ 'if-none-match': '*' }, 'not-modified'],
  [{ 'if-none-match': '"abc-br"' }, 'send'],
  [{ 'if-none-match': '"x"', 'if-modified-since': SAME }, 'send'],
  [{ 'if-modified-since': SAME }, 'not-modified'],
  [{ 'if-modified-since': BEFORE }, 'send'],
  [{ 'if-modified-since': 'not a date' }, 'send'],
  [{ 'if-match': '"abc"' }, 'send'],
  [{ 'if-match': '*' }, 'send'],
  [{ 'if-match': '"x"' }, 'failed'],
  [{ 'if-match': 'W/"abc"' }, 'failed'],
  [{ 'if-unmodified-since': SAME }, 'send'],
  [{ 'if-unmodified-since': BEFORE }, 'failed'],
  [{ 'if-unmodified-since': 'not a date' }, 'send'],
  [{ 'if-match': '"abc"', 'if-unmodified-since': BEFORE }, 'send'],
] as const)('HTTP-26 with %j the answer is %s', (fields, outcome) => {
  expect(checkPreconditions(headersOf(Object.entries(fields)), NOW)).toBe(outcome)
})

test.each([
  [{}, true],
  [{ 'if-range': '"abc"' }, true],
  [{ 'if-range': '"x"' }, false],
  [{ 'if-range': 'W/"abc"' }, false],
  [{ 'if-range': SAME }, true],
  [{ 'if-range': BEFORE }, false],
] as const)('HTTP-26 with %j a range is served: %s', (fields, fits) => {
  expect(rangeStillFits(headersOf(Object.entries(fields)), NOW)).toBe(fits)
})
