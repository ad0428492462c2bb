import { expect, test } from 'vitest'
import type { VersionView } from '../vault/outcome.ts'
import { usedSinceReplaced } from '../vault/superseded.ts'
import { formatCredential } from './secret-show.ts'

const HOUR = 3_600_000
const BEGAN = 1_780_000_000_000
const version = (changes: Partial<VersionView>): VersionView => ({
  version: 1,
  state: 'retiring',
  fingerprint: 'f',
  lastFour: null,
  notBefore: null,
  notAfter: null,
  createdAt: BEGAN - 10 * HOUR,
  lastUsedAt: null,
  ...changes,
})
const next = version({ version: 2, state: 'active', createdAt: BEGAN })

test.each([
  ['was never used', null, false],
  ['was used before its successor began', BEGAN - 61_000, false],
  ['was used in the minute that one use stands for', BEGAN - 59_000, true],
  ['was used afterwards', BEGAN + HOUR, true],
])('a version that is being replaced and %s', (_, lastUsedAt, used) => {
  const old = version({ lastUsedAt })
  expect(usedSinceReplaced(old, [next, old])).toEqual({ since: BEGAN, used })
  const text = formatCredential({ name: 'shop-key', kind: { is: 'secret' }, placement: 'bearer', origins: [], versions: [next, old] })
  expect(text.includes('safe to revoke, cloakroom secret revoke shop-key --only 1')).toBe(!used)
})

test('a version in use, a staged one and one without a successor are not said to be spare', () => {
  const old = version({})
  const staged = version({ version: 2, state: 'staged' })
  expect([usedSinceReplaced(next, [next, old]), usedSinceReplaced(staged, [staged, old]), usedSinceReplaced(old, [staged, old])]).toEqual([
    null,
    null,
    null,
  ])
})
