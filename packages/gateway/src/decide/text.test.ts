import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { base64, latin1, percentEncode, utf8 } from './text.ts'

describe('text without a platform agrees with the platform', () => {
  test('UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(utf8(text)).toEqual(Uint8Array.from(Buffer.from(text)))
      }),
    )
  })

  test('base64, ISO 8859-1', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const buffer = Buffer.from(bytes)
        expect(base64(bytes)).toBe(buffer.toString('base64'))
        expect(latin1(bytes)).toBe(buffer.toString('latin1'))
      }),
    )
  })

  test('percent-encoding', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(percentEncode(utf8(text), /[A-Za-z0-9\-._~!'()*]/)).toBe(encodeURIComponent(text))
      }),
    )
    expect(percentEncode(utf8('a b/'), /[a-z]/, false)).toBe('a%20b%2f')
  })
})
