import { expect, test } from 'vitest'
import { waitingTime } from './waiting-time.ts'

test.each([
  [0, '1 second'],
  [1, '1 second'],
  [4001, '5 seconds'],
  [90_000, '90 seconds'],
  [90_001, '2 minutes'],
  [300_000, '5 minutes'],
  [3_600_000, '60 minutes'],
  [7_200_000, '2 hours'],
  [86_400_000, '24 hours'],
])('%d milliseconds are %s for a person', (ms, words) => {
  expect(waitingTime(ms)).toBe(words)
})
