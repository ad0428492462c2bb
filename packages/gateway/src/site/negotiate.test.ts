import { expect, test } from 'vitest'
import { chooseEncoding, type Encoding } from './negotiate.ts'

const ALL: readonly Encoding[] = ['gzip', 'br', 'zstd']

test.each([
  [null, ALL, null],
  ['', ALL, null],
  ['gzip, deflate, br, zstd', ALL, 'br'],
  ['gzip, deflate, br, zstd', ['gzip', 'zstd'], 'zstd'],
  ['gzip', ALL, 'gzip'],
  ['x-gzip', ['gzip'], 'gzip'],
  ['GZIP;Q=1', ALL, 'gzip'],
  ['br;q=0, gzip', ALL, 'gzip'],
  ['br;q=0.1, gzip;q=0.9', ALL, 'gzip'],
  ['*', ALL, 'br'],
  ['*;q=0', ALL, null],
  ['*;q=0.5, br;q=0', ALL, 'zstd'],
  ['identity', ALL, null],
  ['identity, gzip;q=0.5', ALL, null],
  ['identity;q=0.5, gzip', ALL, 'gzip'],
  ['identity;q=0, *', ALL, 'br'],
  ['br;q=2', ALL, null],
  ['br;q=x', ALL, null],
  ['deflate', ALL, null],
  ['br', [], null],
] as const)('Accept-Encoding %j with %j gives %j', (accept, available, chosen) => {
  expect(chooseEncoding(accept, available)).toBe(chosen)
})
