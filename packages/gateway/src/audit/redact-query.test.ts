import { expect, test } from 'vitest'
import { redactQuery } from './redact-query.ts'

test.each([
  ['', ''],
  ['page=2&token=abc', 'page=2&token=[redacted]'],
  ['token=x', 'token=[redacted]'],
  ['sort=name,-price&order=asc', 'sort=name,-price&order=asc'],
  ['page=2%0a', 'page=[redacted]'],
  ['page=sk_live_0123456789012345678901234567890', 'page=[redacted]'],
  ['sk_live_0123', '[redacted]'],
  ['0123456789abcdef0123456789abcdef=', '[redacted]'],
  ['Page=2', 'Page=[redacted]'],
  ['a%3Db=c', '[redacted]'],
  ['=x', '[redacted]'],
  ['page=1=secret', 'page=[redacted]'],
  ['&&', '[redacted]&[redacted]&[redacted]'],
])('LOG-10 the query %j is logged as %j', (query, logged) => {
  expect(redactQuery(query)).toBe(logged)
})

test('LOG-10 a query of a thousand parameters stays a short line', () => {
  expect(redactQuery('a=b&'.repeat(1000)).split('&')).toHaveLength(21)
})
