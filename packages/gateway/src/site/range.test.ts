import { expect, test } from 'vitest'
import { readRange } from './range.ts'

test.each([
  [null, { kind: 'whole' }],
  ['bytes=0-0', { kind: 'part', first: 0, last: 0 }],
  ['bytes=0-', { kind: 'part', first: 0, last: 99 }],
  ['bytes=10-19', { kind: 'part', first: 10, last: 19 }],
  ['Bytes=10-1000', { kind: 'part', first: 10, last: 99 }],
  ['bytes=-5', { kind: 'part', first: 95, last: 99 }],
  ['bytes=-500', { kind: 'part', first: 0, last: 99 }],
  ['bytes=100-', { kind: 'unsatisfiable' }],
  ['bytes=-0', { kind: 'unsatisfiable' }],
  ['bytes=20-10', { kind: 'whole' }],
  ['bytes=-', { kind: 'whole' }],
  ['bytes=0-1,5-6', { kind: 'whole' }],
  ['bytes=0-99999999999999999999', { kind: 'whole' }],
  ['lines=0-1', { kind: 'whole' }],
  ['bytes=a-b', { kind: 'whole' }],
])('HTTP-26 of a hundred bytes, Range %j gives %j', (field, range) => {
  expect(readRange(field, 100)).toEqual(range)
})

test('HTTP-26 an empty file has no range', () => {
  expect(readRange('bytes=0-', 0)).toEqual({ kind: 'unsatisfiable' })
  expect(readRange('bytes=-5', 0)).toEqual({ kind: 'unsatisfiable' })
})
