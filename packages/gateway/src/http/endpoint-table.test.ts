import { expect, test } from 'vitest'
import { OWN_ENDPOINTS } from '../decide/own-endpoints.ts'
import { ENDPOINTS } from './endpoint-table.ts'

test('rules can name every endpoint that there is, and no other', () => {
  const named = ENDPOINTS.filter(({ path, whole }) => whole !== true && !path.includes('*')).map(({ path }) => path.slice(1))
  expect(new Set(OWN_ENDPOINTS)).toEqual(new Set(named))
})
