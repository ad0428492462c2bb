import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { needlesOf, widened } from './needles.ts'

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'))
const unicode = (text: string, pick: RegExp, upper: boolean): string =>
  text.replaceAll(pick, (character) => {
    const digits = character.charCodeAt(0).toString(16).padStart(4, '0')
    return `\\u${upper ? digits.toUpperCase() : digits}`
  })
const named = (text: string, names: Readonly<Record<string, string>>): string =>
  text.replaceAll(/./gs, (character) => names[character] ?? character)
const inner = (text: string): string => JSON.stringify(text).slice(1, -1)
const percentBytes = (text: string, keep: RegExp): string =>
  [...Buffer.from(text, 'latin1')]
    .map((byte) =>
      keep.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('')
const lowerEscapes = (text: string): string => text.replaceAll(/%../g, (escape) => escape.toLowerCase())

/** How an upstream may write a secret, made by other means than the code under test. */
const HABITS: Readonly<Record<string, (secret: string) => string>> = {
  raw: (secret) => secret,
  'JSON.stringify': inner,
  'JSON in JSON-LD, slash escaped': (secret) => inner(secret).replaceAll('/', '\\/'),
  'JSON by Go': (secret) => unicode(inner(secret), /[<>&]/g, false),
  'JSON by Gson': (secret) => unicode(inner(secret), /[<>&=']/g, false),
  'JSON by .NET': (secret) => unicode(secret.replaceAll('\\', '\\\\'), /["<>&'+`\u007f-\u00ff]/g, true),
  'JSON by Python': (secret) => unicode(inner(secret), /[\u007f-\u00ff]/g, false),
  encodeURIComponent: (secret) =>
    [...Buffer.from(secret, 'latin1')]
      .map((byte) => (byte < 0x80 ? encodeURIComponent(String.fromCharCode(byte)) : `%${byte.toString(16).toUpperCase()}`))
      .join(''),
  'encodeURIComponent in lower case': (secret) => lowerEscapes(HABITS['encodeURIComponent']?.(secret) ?? ''),
  "Python's quote": (secret) => percentBytes(secret, /[A-Za-z0-9_.~/-]/),
  "Go's PathEscape": (secret) => percentBytes(secret, /[A-Za-z0-9_.~$&+=:@-]/),
  'percent-encoded but for letters and digits': (secret) => percentBytes(secret, /[A-Za-z0-9]/),
  'an address inside of an address': (secret) => percentBytes(secret, /[A-Za-z0-9_.~-]/).replaceAll('%', '%25'),
  'a form': (secret) => (/^[\x00-\x7f]*$/.test(secret) ? new URLSearchParams({ x: secret }).toString().slice(2) : secret),
  'HTML by PHP': (secret) => named(secret, { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#039;' }),
  'HTML by Python': (secret) => named(secret, { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#x27;' }),
  'HTML by Go': (secret) => named(secret, { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;', '+': '&#43;' }),
  XML: (secret) => named(secret, { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' }),
  hex: (secret) => Buffer.from(secret, 'latin1').toString('hex'),
  HEX: (secret) => Buffer.from(secret, 'latin1').toString('hex').toUpperCase(),
}

function isFound(body: string | Buffer, secret: string): boolean {
  const text = Buffer.isBuffer(body) ? body : Buffer.from(body, 'latin1')
  return needlesOf([bytes(secret)]).some((needle) => text.includes(Buffer.from(needle)))
}

const SECRETS = ['sk-live-0123456789abcdef', 'aB+/=cd&ef<gh>ij"kl\'mn`op\\qr st~uv*wx(y)z!', 'p\xe4ssw\xf6rt-0123456789']
const secrets = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  minLength: 12,
  maxLength: 48,
})

describe('VLT-07 a secret is recognised', () => {
  test.each(Object.keys(HABITS))('as written by: %s', (habit) => {
    for (const secret of SECRETS) expect([secret, isFound(`{"echo":"${HABITS[habit]?.(secret)}"}`, secret)]).toEqual([secret, true])
  })

  test('whatever its characters, however it is written', () => {
    fc.assert(
      fc.property(secrets, fc.constantFrom(...Object.keys(HABITS)), (secret, habit) => {
        expect(isFound(`<${HABITS[habit]?.(secret)}>`, secret)).toBe(true)
      }),
      { numRuns: 1500 },
    )
  })

  test('inside any longer base64 text, in either alphabet, wherever it begins', () => {
    fc.assert(
      fc.property(secrets, fc.string(), fc.string(), (secret, before, after) => {
        const whole = Buffer.concat([Buffer.from(before), Buffer.from(secret, 'latin1'), Buffer.from(after)])
        expect(isFound(whole.toString('base64'), secret)).toBe(true)
        expect(isFound(whole.toString('base64url'), secret)).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })

  test('in UTF-16 of either byte order, escaped or not', () => {
    fc.assert(
      fc.property(secrets, fc.constantFrom(...Object.keys(HABITS)), (secret, habit) => {
        const text = Buffer.from(`"${HABITS[habit]?.(secret)}"`, 'utf16le')
        const wide = needlesOf([bytes(secret)]).map((needle) => Buffer.from(widened(needle)))
        expect(wide.some((needle) => text.includes(needle))).toBe(true)
        expect(wide.some((needle) => Buffer.from(text).swap16().includes(needle))).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })

  test('as UTF-8 when its bytes were taken for ISO 8859-1', () => {
    const secret = 'p\xe4ssw\xf6rt-0123456789'
    expect(isFound(Buffer.from(secret, 'utf8'), secret)).toBe(true)
  })
})

describe('needles', () => {
  test('are without repeats, without empty ones, and few for a plain secret', () => {
    const needles = needlesOf([bytes('abcdefghijklmnop'), bytes(''), bytes('abcdefghijklmnop')])
    expect(new Set(needles.map((needle) => Buffer.from(needle).toString('latin1'))).size).toBe(needles.length)
    expect(needles.every((needle) => needle.length > 0)).toBe(true)
    // Raw, hexadecimal twice, base64 three times.
    expect(needles.length).toBeLessThanOrEqual(6)
  })

  test('are copies: the secret can be wiped while they are needed', () => {
    const secret = bytes('sk-live-0123456789')
    const [raw] = needlesOf([secret])
    secret.fill(0)
    expect(Buffer.from(raw ?? []).toString()).toBe('sk-live-0123456789')
  })
})
