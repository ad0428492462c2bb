import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createLeakStopper } from './leaks.ts'
import { type Searcher, searcherOf } from './search.ts'

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'))
const searcher = (...needles: readonly string[]): Searcher => searcherOf(needles.map(bytes)) ?? expect.unreachable()

/** What comes out, piece by piece. */
function run(needles: readonly string[], pieces: readonly string[]): { readonly out: string[]; readonly found: boolean } {
  const stopper = createLeakStopper(searcher(...needles))
  const out = pieces.map((piece) => Buffer.from(stopper.push(bytes(piece))).toString('latin1'))
  out.push(Buffer.from(stopper.flush()).toString('latin1'))
  return { out, found: stopper.found }
}

/** The same by the plainest means. */
function maskAll(needles: readonly string[], text: string): string {
  const masked = text.split('')
  for (const needle of needles) {
    for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + 1)) masked.fill('*', at, at + needle.length)
  }
  return masked.join('')
}

describe('search', () => {
  test('VLT-07 finds every needle wherever it stands, overlapping ones too', () => {
    const found = searcher('abcab', 'cabx')
    expect(found.hits(bytes('abcabcabx'))).toEqual([0, 5, 3, 8, 5, 9])
    expect(found.hits(bytes('nothing of the kind'))).toEqual([])
    expect(found.hits(bytes('abc'))).toEqual([])
  })

  test('VLT-07 has nothing to look for when every needle is a single byte or none', () => {
    expect(searcherOf([bytes('a'), bytes('')])).toBeNull()
  })

  const alphabet = fc.constantFrom('a', 'b', '\xff')
  const text = (longest: number): fc.Arbitrary<string> => fc.array(alphabet, { maxLength: longest }).map((letters) => letters.join(''))
  const needle = fc.array(alphabet, { minLength: 2, maxLength: 6 }).map((letters) => letters.join(''))

  test('VLT-07 whatever the needles, the text and the borders between pieces: the result is that of one search over all of it', () => {
    fc.assert(
      fc.property(fc.array(needle, { minLength: 1, maxLength: 4 }), fc.array(text(8), { maxLength: 8 }), (needles, pieces) => {
        const { out, found } = run(needles, pieces)
        const whole = pieces.join('')
        expect(out.join('')).toBe(maskAll(needles, whole))
        expect(found).toBe(needles.some((one) => whole.includes(one)))
      }),
      { numRuns: 2000 },
    )
  })

  test('VLT-07 long needles in long bodies are found at every place', () => {
    const secret = 'sk-live-0123456789abcdefghijklmnopqrstuvwxyz'
    const noise = 'sk-live-0123456789abcdefghijklmnopqrstuvwxy-'.repeat(4)
    for (let at = 0; at < noise.length; at++) {
      const body = noise.slice(0, at) + secret + noise.slice(at)
      expect(run([secret], [body]).out.join('')).toBe(noise.slice(0, at) + '*'.repeat(secret.length) + noise.slice(at))
    }
  })

  test('VLT-07 needles longer than 255 bytes are found as well', () => {
    const long = Array.from({ length: 700 }, (_none, at) => String.fromCharCode(33 + ((at * 7) % 90))).join('')
    expect(run([long], [`x${long.slice(0, 300)}`, `${long.slice(300)}y`]).out.join('')).toBe(`x${'*'.repeat(700)}y`)
  })
})

describe('pieces', () => {
  const secret = 'secret-0123456789'

  test('VLT-07 a leak that is split at any offset, or comes byte by byte, does not get out', () => {
    const body = `{"key":"${secret}","n":1}`
    const masked = body.replace(secret, '*'.repeat(secret.length))
    for (let at = 0; at <= body.length; at++)
      expect(run([secret], [body.slice(0, at), body.slice(at)])).toEqual({ out: expect.anything(), found: true })
    for (let at = 0; at <= body.length; at++) expect(run([secret], [body.slice(0, at), body.slice(at)]).out.join('')).toBe(masked)
    expect(run([secret], body.split(''))).toMatchObject({ found: true })
    expect(run([secret], body.split('')).out.join('')).toBe(masked)
  })

  test('VLT-07 HTTP-26 an event goes on at once: only the beginning of a leak is kept back', () => {
    expect(run([secret], ['data: hello\n\n', 'data: it is s', 'even\n\n', 'data: secret', '-wanted\n\n']).out).toEqual([
      'data: hello\n\n',
      'data: it is ',
      'seven\n\n',
      'data: ',
      'secret-wanted\n\n',
      '',
    ])
  })

  test('VLT-07 half a leak at the end of a body is let go, because it is none', () => {
    expect(run([secret], ['so: secret-01'])).toEqual({ out: ['so: ', 'secret-01'], found: false })
  })

  test('VLT-07 the plain body is passed on as it came, without a copy', () => {
    const chunk = bytes('nothing to hide here.')
    expect(createLeakStopper(searcher(secret)).push(chunk)).toBe(chunk)
  })
})
