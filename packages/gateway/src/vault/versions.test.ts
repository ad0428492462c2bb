import { expect, test } from 'vitest'
import type { LedgerEntry } from './ledger.ts'
import { chooseVersion, stateAt } from './versions.ts'

const BLANK: LedgerEntry = {
  name: 'k',
  version: 1,
  kind: { is: 'secret' },
  placement: 'bearer',
  origins: [],
  fingerprint: '',
  lastFour: null,
  createdAt: 0,
  notBefore: null,
  notAfter: null,
  retiresAt: null,
  revokedAt: null,
  digest: 'd',
}

function versions(...changes: Partial<LedgerEntry>[]): LedgerEntry[] {
  return changes.map((change, at) => ({ ...BLANK, version: at + 1, ...change }))
}

test.each([
  ['one without limits', versions({}), 1, Infinity],
  ['the newest of two', versions({ retiresAt: 200 }, {}), 2, 200],
  ['the older one while the newer has not begun', versions({ retiresAt: 300 }, { notBefore: 200 }), 1, 200],
  ['the newer one from its first millisecond on', versions({ retiresAt: 300 }, { notBefore: 100 }), 2, 300],
  ['the older one again after the newer was revoked', versions({ retiresAt: 300 }, { revokedAt: 50 }), 1, 300],
  ['the older one again after the newer has ended', versions({ retiresAt: 300 }, { notAfter: 100 }), 1, 300],
  ['one in its last millisecond', versions({ notAfter: 101 }), 1, 101],
])('VLT-09 at 100 the version to use is: %s', (_, entries, version, until) => {
  const choice = chooseVersion(entries, 100)
  expect(choice).toMatchObject({ kind: 'chosen', until, entry: { version } })
})

test.each([
  ['unknown', versions()],
  ['revoked', versions({ revokedAt: 1 }, { revokedAt: 100 })],
  ['not_yet', versions({ notBefore: 101 })],
  ['not_yet', versions({ notAfter: 50 }, { notBefore: 101 })],
  ['expired', versions({ notAfter: 100 })],
  ['expired', versions({ retiresAt: 100 }, { revokedAt: 1 })],
] as const)('VLT-09 at 100 there is no version to use: %s', (because, entries) => {
  expect(chooseVersion(entries, 100)).toEqual({ kind: 'none', because })
})

test.each([
  [['active'], versions({})],
  [['staged'], versions({ notBefore: 101 })],
  [['active'], versions({ notBefore: 100 })],
  [['retiring', 'active'], versions({ retiresAt: 300 }, {})],
  [['active', 'staged'], versions({ retiresAt: 300 }, { notBefore: 101 })],
  [['active', 'revoked'], versions({ retiresAt: 300 }, { revokedAt: 1 })],
  [['retiring'], versions({ notAfter: 100 })],
])('VLT-09 at 100 the states are %j', (states, entries) => {
  expect(entries.map((entry) => stateAt(entry, entries, 100))).toEqual(states)
})
