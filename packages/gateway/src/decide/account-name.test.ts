import { describe, expect, test } from 'vitest'
import { accountKey, readAccountName } from './account-name.ts'

describe('account names', () => {
  test.each([
    ['ada', 'ada'],
    ['Ada Lovelace', 'ada lovelace'],
    ['ada@shop.example', 'ada@shop.example'],
    ['Ｊürgen', 'jürgen'],
    ['ﬁona', 'fiona'],
    ['Jose\u0301', 'josé'],
    ['\u{1F600}', '\u{1F600}'],
    ['a'.repeat(64), 'a'.repeat(64)],
    ['\u{1F600}'.repeat(64), '\u{1F600}'.repeat(64)],
  ])('%s can be a name and is compared as %s', (raw, key) => {
    expect(readAccountName(raw)).toMatchObject({ kind: 'name', key })
  })

  test.each([
    '',
    ' ada',
    'ada ',
    '\u00a0ada',
    'a\u0000b',
    'a\nb',
    'a\u200bb',
    'a\u202eb',
    'a\u2028b',
    '\ud800',
    'a'.repeat(65),
    '\u{1F600}'.repeat(65),
  ])('%j is no name', (raw) => {
    expect(readAccountName(raw).kind).toBe('refused')
  })

  test('PWD-03 two spellings of one name are one account', () => {
    const spellings = ['José', 'Jose\u0301', 'JOSÉ', 'ＪＯＳＥ\u0301', ' josé ']
    expect(new Set(spellings.map(accountKey)).size).toBe(1)
  })

  test('folding twice changes nothing', () => {
    for (const name of ['İstanbul', 'ǅ', 'ᾳ', 'ß', 'Ω', 'ﬃ', 'ϒ']) expect(accountKey(accountKey(name))).toBe(accountKey(name))
  })
})
