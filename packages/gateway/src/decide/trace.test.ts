import { expect, test } from 'vitest'
import { headersOf } from './headers.ts'
import { readTrace } from './trace.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'
const read = (parent: string, ...states: readonly string[]) =>
  readTrace(headersOf([['traceparent', parent], ...states.map((state) => ['tracestate', state] as const)]))

test('a parent of version 00 is taken as it is, with its state in one line', () => {
  expect(read(`00-${TRACE}-${SPAN}-01`, 'vendor=a1, other@sys=b', 'third=c')).toEqual({
    parent: `00-${TRACE}-${SPAN}-01`,
    state: 'vendor=a1,other@sys=b,third=c',
  })
})

test('of a later version only what version 00 knows is said on', () => {
  expect(read(`cc-${TRACE}-${SPAN}-ff-what-comes`)?.parent).toBe(`00-${TRACE}-${SPAN}-01`)
  expect(read(`01-${TRACE}-${SPAN}-02`)?.parent).toBe(`00-${TRACE}-${SPAN}-00`)
})

test.each([
  '',
  'evil',
  `ff-${TRACE}-${SPAN}-01`,
  `00-${'0'.repeat(32)}-${SPAN}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}-01-more`,
  `00-${TRACE}-${SPAN}-1`,
  `00-${TRACE}-${SPAN}`,
  ` 00-${TRACE}-${SPAN}-01`,
  `cc-${TRACE}-${SPAN}-01x`,
])('%j is no parent', (parent) => {
  expect(read(parent, 'vendor=a')).toBeNull()
})

test('two parents contradict each other; a state that breaks the form is dropped alone', () => {
  const one = `00-${TRACE}-${SPAN}-01`
  expect(
    readTrace(
      headersOf([
        ['traceparent', one],
        ['traceparent', one],
      ]),
    ),
  ).toBeNull()
  for (const state of ['no pair', 'UPPER=1', `k=${'v'.repeat(257)}`, Array.from({ length: 33 }, (_, at) => `k${at}=v`).join(',')])
    expect(read(one, state)).toEqual({ parent: one, state: null })
})
