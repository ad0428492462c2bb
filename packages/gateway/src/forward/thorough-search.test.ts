import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { needlesOf } from '../decide/needles.ts'
import { createLeakStopper } from './leaks.ts'
import { QUOTED_PRINTABLE, REFERENCES } from './readings.ts'
import { thoroughSearch } from './thorough-search.ts'

const SECRET = 'sk=live&0123"456<789>é'
const needles = (secret: string) => needlesOf([Uint8Array.from(Buffer.from(secret))])
const searcherFor = (secret: string) =>
  thoroughSearch(needles(secret), { least: 12 })?.as([REFERENCES, QUOTED_PRINTABLE]) ?? expect.unreachable()

/** Cuts a text into pieces at these places and lets it through the stopper. */
function through(secret: string, text: Buffer, cuts: readonly number[]): { readonly out: string; readonly found: boolean } {
  const stopper = createLeakStopper(searcherFor(secret))
  const places = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length]
  const out: Buffer[] = []
  for (let at = 0; at + 1 < places.length; at += 1)
    out.push(Buffer.from(stopper.push(Uint8Array.from(text.subarray(places[at], places[at + 1])))))
  out.push(Buffer.from(stopper.flush()))
  return { out: Buffer.concat(out).toString('latin1'), found: stopper.found }
}

const zeros = fc.integer({ min: 0, max: 6 }).map((count) => '0'.repeat(count))
/** One character as somebody may write it in HTML. */
const reference = (character: string, style: number, padding: string): string => {
  const code = character.codePointAt(0) ?? 0
  const named: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' }
  // An ampersand that stands alone is another text.
  if (style === 0) return character === '&' ? '&amp;' : character
  if (style === 1) return `&#${padding}${code};`
  if (style === 2) return `&#x${padding}${code.toString(16)};`
  if (style === 3) return `&#X${padding}${code.toString(16).toUpperCase()};`
  return named[character] ?? `&#${code};`
}
const written = fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), zeros), { minLength: 60, maxLength: 60 }).map((styles) =>
  Array.from(SECRET)
    .map((character, at) => reference(character, styles[at]?.[0] ?? 0, styles[at]?.[1] ?? ''))
    .join(''),
)
const cuts = fc.array(fc.nat(), { maxLength: 8 })

describe('VLT-07 HTML character references are read as a browser reads them', () => {
  test('whatever is written as a number, a name or itself, with zeros before it, across any chunk border', () => {
    fc.assert(
      fc.property(written, fc.string(), fc.string(), cuts, (echo, before, after, where) => {
        const text = Buffer.from(`${before}<p>${echo}</p>${after}`)
        const { out, found } = through(SECRET, text, where)
        expect(found).toBe(true)
        expect(out).not.toContain(Buffer.from(echo).toString('latin1'))
        expect(out).toHaveLength(text.length)
      }),
      { numRuns: 1500 },
    )
  })

  test.each([
    [
      'without semicolons',
      Array.from('sk-live-0123456789')
        .map((character) => `&#${character.charCodeAt(0)}`)
        .join(''),
    ],
    [
      'hexadecimal without semicolons',
      Array.from('sk-live-0123456789')
        .map((character) => `&#x${character.charCodeAt(0).toString(16)}`)
        .join(''),
    ],
    ['one character alone', 'sk-live-01234&#53;6789'],
    ['the first one', '&#115;k-live-0123456789'],
    ['the last one', 'sk-live-012345678&#57;'],
  ])('%s', (_name, echo) => {
    for (let cut = 0; cut <= echo.length; cut += 1) {
      const { out, found } = through('sk-live-0123456789', Buffer.from(echo), [cut])
      expect([cut, found, out]).toEqual([cut, true, expect.not.stringContaining(echo)])
    }
  })

  test('what only looks alike is left as it was', () => {
    for (const text of [
      '&',
      '&#',
      '&#;',
      '&#x',
      '&#xg;',
      '&amp',
      'a&b=c&d',
      '&#99999999999;',
      '&#x110000;',
      '&#55296;',
      '&&&&',
      '&#65;&#66;',
    ]) {
      const { out, found } = through('sk-live-0123456789', Buffer.from(text), [1, 2])
      expect([found, out]).toEqual([false, text])
    }
  })
})

/** RFC 2045 §6.7, by hand: bytes that must, and some that need not; lines of at most 76. */
function quotedPrintable(text: string, width: number, end: string): string {
  let line = ''
  let out = ''
  for (const byte of Buffer.from(text)) {
    const character = String.fromCharCode(byte)
    const unit = byte === 0x3d || byte >= 0x7f ? `=${byte.toString(16).toUpperCase().padStart(2, '0')}` : character
    if (line.length + unit.length >= width) {
      out += `${line}=${end}`
      line = ''
    }
    line += unit
  }
  return out + line
}

describe('VLT-07 quoted-printable is read as a mail program reads it', () => {
  test.each(['\r\n', '\n', '\\r\\n', '\\n'])('with lines broken inside the secret (%j), across any chunk border', (end) => {
    const secret = 'sk=live+0123=456789/ü-abcdef'
    for (let width = 5; width < 40; width += 1) {
      const text = Buffer.from(`before ${quotedPrintable(secret, width, end)} after`, 'latin1')
      for (let cut = 0; cut <= text.length; cut += 1) {
        const { out, found } = through(secret, text, [cut])
        expect([width, cut, found]).toEqual([width, cut, true])
        expect([out.startsWith('before '), out.endsWith(' after'), out.length]).toEqual([true, true, text.length])
      }
    }
  })

  test('what only looks alike is left as it was', () => {
    for (const text of ['=', '==', '=4', '=\r', '=\\', '=\\r\\', 'a=b&c=d1', '?a=41&b=20x', 'href="x"', '=3D=3D']) {
      const { out, found } = through('sk-live-0123456789', Buffer.from(text), [1, 2])
      expect([found, out]).toEqual([false, text])
    }
  })
})

describe('VLT-07 UTF-16', () => {
  test('of any spelling is found, in either byte order, across any chunk border', () => {
    const secret = 'sk-live/01234+56789"ab'
    const spellings = [
      secret,
      JSON.stringify(secret),
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('hex'),
    ]
    for (const spelling of spellings) {
      const wide = Buffer.from(`<${spelling}>`, 'utf16le')
      for (const text of [wide, Buffer.from(wide).swap16()]) {
        for (let cut = 0; cut <= text.length; cut += 1)
          expect([spelling, cut, through(secret, text, [cut]).found]).toEqual([spelling, cut, true])
      }
    }
  })

  test('of a secret so short that only its wide spellings are looked for', () => {
    const [raw] = needles('abcdefgh')
    const searcher = thoroughSearch(raw === undefined ? [] : [raw], { least: 12 }) ?? expect.unreachable()
    const text = Buffer.from('xabcdefghx', 'utf16le')
    expect(searcher.hits(text)).toEqual([2, 17])
    for (let cut = 3; cut < 17; cut += 1) expect([cut, searcher.tail(text.subarray(0, cut))]).toEqual([cut, 2])
    expect(searcher.tail(text.subarray(0, 2))).toBe(2)
    expect(thoroughSearch([Buffer.from('abc')], { least: 12 })).toBeNull()
  })
})

test('a long text in which nothing is hidden passes unchanged, whatever it is full of', () => {
  for (const unit of ['&amp;', '&#65;', '=3D', '=\r\n', 'a=b&c;', '\0', '&', '=']) {
    const text = Buffer.from(unit.repeat(20_000))
    const { out, found } = through('sk-live-0123456789', text, [7, 4096, 65_536])
    expect([found, out === text.toString('latin1')]).toEqual([false, true])
  }
})

test('nothing is kept back but what could be the beginning of a secret', () => {
  const stopper = createLeakStopper(searcherFor('sk-live-0123456789'))
  for (const event of ['data: {"a":"b=c&d"}\n\n', 'data: <p class="x">&amp;</p>\n\n', 'data: =3D\n\n'])
    expect(Buffer.from(stopper.push(Uint8Array.from(Buffer.from(event)))).toString()).toBe(event)
})
