import { expect, test } from 'vitest'
import { FAILURES } from '../../errors.ts'
import { de } from './de.ts'

test('whoever reads German reads every refusal in German', () => {
  const missing = Object.keys(FAILURES).filter((code) => !Object.hasOwn(de.failures, code))
  expect(missing).toEqual([])
  expect(Object.keys(de.failures).filter((code) => !Object.hasOwn(FAILURES, code))).toEqual([])
})
