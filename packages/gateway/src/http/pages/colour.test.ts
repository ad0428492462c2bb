import { assert, integer, property, record } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { contrast, inkOn, readableOn, readColour, writeColour } from './colour.ts'
import { styleSheet } from './style.ts'

const CHANNEL = integer({ min: 0, max: 255 })
const ANY = record({ red: CHANNEL, green: CHANNEL, blue: CHANNEL })
const GROUNDS = [
  ['#f3f4f6', '#ffffff'],
  ['#0f1216', '#181c22'],
].map((pair) => pair.map((text) => readColour(text)!))

describe('colours of the pages', () => {
  test.each([
    ['#2f5fd0', { red: 47, green: 95, blue: 208 }],
    ['#FFF', { red: 255, green: 255, blue: 255 }],
    ['#0a7', { red: 0, green: 170, blue: 119 }],
    ['red', null],
    ['#12', null],
    ['#1234', null],
    ['#12345678', null],
    ['#ggg', null],
    [' #fff', null],
    ['#fff;', null],
  ])('%s is read as %o', (text, colour) => {
    expect(readColour(text)).toEqual(colour)
  })

  test('the contrast is that of WCAG', () => {
    expect(contrast(readColour('#000')!, readColour('#fff')!)).toBeCloseTo(21, 5)
    expect(contrast(readColour('#777')!, readColour('#fff')!)).toBeCloseTo(4.48, 2)
  })

  test('whatever colour the owner likes, the button’s edge, its ink and links can be read on both grounds', () => {
    assert(
      property(ANY, (accent) => {
        for (const grounds of GROUNDS) {
          const edge = readableOn(accent, grounds, 3)
          expect(contrast(inkOn(accent), accent)).toBeGreaterThanOrEqual(4.5)
          for (const ground of grounds) {
            expect(contrast(edge, ground)).toBeGreaterThanOrEqual(3)
            expect(contrast(readableOn(accent, grounds, 4.5), ground)).toBeGreaterThanOrEqual(4.5)
          }
        }
      }),
      { numRuns: 500 },
    )
  })

  test('a colour that is fine stays what it is', () => {
    const accent = readColour('#2f5fd0')!
    expect(writeColour(readableOn(accent, GROUNDS[0]!, 4.5))).toBe('#2f5fd0')
  })

  test('the texts of the style sheet can be read on their grounds: 4.5 to 1, borders of fields 3 to 1', () => {
    const sheet = styleSheet({ name: 'Shop', accent: readColour('#2f5fd0')!, logo: null })
    const schemes = [...sheet.matchAll(/:root\{([^}]*)\}/g)].map(
      (match) => new Map([...match[1]!.matchAll(/--([a-z-]+):(#[0-9a-f]{6})/g)].map((pair) => [pair[1]!, readColour(pair[2]!)!])),
    )
    expect(schemes).toHaveLength(2)
    for (const colours of schemes) {
      const between = (one: string, other: string): number => contrast(colours.get(one)!, colours.get(other)!)
      for (const ground of ['page', 'card', 'field'])
        for (const text of ['text', 'muted', 'link']) expect(between(text, ground), `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5)
      for (const note of ['error', 'done']) expect(between(note, `${note}-ground`)).toBeGreaterThanOrEqual(4.5)
      for (const edge of ['edge', 'error', 'link'])
        for (const ground of ['card', 'field']) expect(between(edge, ground), `${edge} on ${ground}`).toBeGreaterThanOrEqual(3)
    }
  })
})
