import { describe, expect, test } from 'vitest'
import { foldName, headersOf, isFieldName, isFieldValue, isOpaqueValue, only } from './headers.ts'

describe('headers', () => {
  const headers = headersOf([
    ['X-A', '1'],
    ['Cookie', 'a=1'],
    ['x-a', '2'],
    ['cookie', 'b=2'],
    ['host', 'shop.example'],
  ])

  test('names are one whatever their case; lines are joined as HTTP joins them', () => {
    expect([headers.get('x-a'), headers.get('cookie'), headers.get('none')]).toEqual(['1, 2', 'a=1; b=2', null])
    expect(headers.all('x-a')).toEqual(['1', '2'])
  })

  test('HDR-01 a field that may come once and came twice is neither', () => {
    expect([only(headers, 'host'), only(headers, 'x-a'), only(headers, 'none')]).toEqual([
      { kind: 'one', value: 'shop.example' },
      { kind: 'many' },
      { kind: 'absent' },
    ])
  })

  test('HDR-01 two spellings that some server takes for one name fold to one', () => {
    expect(foldName('X_Forwarded-For')).toBe(foldName('x-forwarded_for'))
  })

  test.each([
    ['plain', true, true],
    ['inside blank\tand tab', true, true],
    ['', true, true],
    [' leading', false, true],
    ['caf\xe9', false, true],
    ['a\r\nset-cookie: x', false, false],
    ['a\nb', false, false],
    ['a\0b', false, false],
    ['a\x7fb', false, false],
    ['\u2028', false, false],
  ])('HDR-14 %j as a value of ours: %s, as one from elsewhere: %s', (value, own, opaque) => {
    expect([isFieldValue(value), isOpaqueValue(value)]).toEqual([own, opaque])
  })

  test.each([
    ['x-name', true],
    ['', false],
    ['x name', false],
    ['x:name', false],
    ['x\r\n', false],
  ])('HDR-14 %j is a field name: %s', (name, expected) => {
    expect(isFieldName(name)).toBe(expected)
  })
})
