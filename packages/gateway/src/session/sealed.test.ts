import { createSecretKey, generateKeySync, randomBytes } from 'node:crypto'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { GateError } from '../errors.ts'
import { createSealer } from './sealed.ts'

const AT = 1_780_000_000_000
const key = generateKeySync('aes', { length: 256 })
const sealer = createSealer({ key, random: randomBytes, purpose: 'visit' })

test('what is sealed opens until its end, and not from then on', () => {
  const sealed = sealer.seal('text ü 漢', AT + 1_000)
  expect(sealer.open(sealed, AT + 999)).toBe('text ü 漢')
  expect(sealer.open(sealed, AT + 1_000)).toBeNull()
  expect(sealer.open(sealer.seal('', AT + 1), AT)).toBe('')
})

test('any text comes back as it was', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => sealer.open(sealer.seal(text, AT + 1), AT) === text))
})

test('COO-10 two seals of one text have nothing in common, and the text cannot be read', () => {
  const [one, other] = [sealer.seal('account-of-ada', AT), sealer.seal('account-of-ada', AT)].map((sealed) =>
    Buffer.from(sealed, 'base64url'),
  )
  if (one === undefined || other === undefined) throw new Error('not sealed')
  expect(one.subarray(1, 13).equals(other.subarray(1, 13))).toBe(false)
  expect(one.subarray(13).equals(other.subarray(13))).toBe(false)
  expect(one.toString('latin1')).not.toContain('ada')
})

test('a change of any single bit, a cut or an addition closes it for good', () => {
  const sealed = Buffer.from(sealer.seal('text', AT + 1), 'base64url')
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const changed = Buffer.from(sealed)
    changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
    expect(sealer.open(changed.toString('base64url'), AT), `bit ${bit}`).toBeNull()
  }
  for (let length = 0; length < sealed.length; length++)
    expect(sealer.open(sealed.subarray(0, length).toString('base64url'), AT)).toBeNull()
  expect(sealer.open(Buffer.concat([sealed, Buffer.of(0)]).toString('base64url'), AT)).toBeNull()
})

test('what cannot be a sealed value is refused before any arithmetic', () => {
  for (const nonsense of ['', 'x', '=', 'a b', '漢', '.'.repeat(100), 'A'.repeat(10_000_000)]) expect(sealer.open(nonsense, AT)).toBeNull()
  fc.assert(fc.property(fc.string({ maxLength: 200 }), (text) => sealer.open(text, AT) === null))
})

test('after a change of keys the newest seals and the older ones still open', () => {
  const newKey = generateKeySync('aes', { length: 256 })
  const rotated = createSealer({ key: newKey, olderKeys: [key], random: randomBytes, purpose: 'visit' })
  expect(rotated.open(sealer.seal('old', AT + 1), AT)).toBe('old')
  const fresh = rotated.seal('new', AT + 1)
  expect(sealer.open(fresh, AT)).toBeNull()
  expect(createSealer({ key: newKey, random: randomBytes, purpose: 'visit' }).open(fresh, AT)).toBe('new')
})

test('a key that is too short is refused at the start', () => {
  expect(() => createSealer({ key: createSecretKey(Buffer.alloc(16, 1)), random: randomBytes, purpose: 'visit' })).toThrow(GateError)
})
