import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { formatMap, MAP, requirements } from './requirements.ts'

const { map, complaints } = requirements()

test('every requirement is shown by a test, or a reason says why not', () => {
  expect(complaints).toEqual([])
  expect(Object.keys(map)).toHaveLength(335)
})

test(`${MAP} is up to date (else: node scripts/requirements.ts)`, () => {
  expect(readFileSync(resolve(import.meta.dirname, '..', MAP), 'utf8')).toBe(formatMap(map))
})
