import { createSecretKey, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { generationOf, seal, unseal, type Binding } from './seal.ts'

const KEY = createSecretKey(randomBytes(32))
const BINDING: Binding = { kind: 'record', vaultId: 'v', name: 'shop-key', version: 1 }
const VALUE = Buffer.from('sk-live-0123456789')

function sealed(): string {
  return seal(KEY, 3, BINDING, VALUE, randomBytes)
}

test('a sealed text opens with its key and its binding, and says which generation sealed it', () => {
  const text = sealed()
  expect(text).toMatch(/^ck1\.3\.[\w-]{22}\.[\w-]{16}\.[\w-]+\.[\w-]{43}$/)
  expect(unseal(KEY, text, BINDING)?.toString()).toBe('sk-live-0123456789')
  expect(generationOf(text)).toBe(3)
})

test('an empty plaintext is sealed and opened like any other', () => {
  expect(unseal(KEY, seal(KEY, 1, BINDING, new Uint8Array(), randomBytes), BINDING)).toHaveLength(0)
})

test('VLT-02 no nonce and no salt repeats in 100 000 seals of one value, and sealing again changes the text', () => {
  const nonces = new Set<string>()
  const salts = new Set<string>()
  for (let at = 0; at < 100_000; at++) {
    const [, , salt, nonce] = sealed().split('.')
    nonces.add(nonce ?? '')
    salts.add(salt ?? '')
  }
  expect(nonces.size).toBe(100_000)
  expect(salts.size).toBe(100_000)
})

test('VLT-03 a sealed text with any one character changed to any other opens nothing', () => {
  const text = sealed()
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.'
  let tried = 0
  for (let at = 0; at < text.length; at++) {
    for (const other of alphabet) {
      if (other === text[at]) continue
      tried++
      expect(unseal(KEY, text.slice(0, at) + other + text.slice(at + 1), BINDING)).toBeNull()
    }
  }
  expect(tried).toBeGreaterThan(8000)
})

test('VLT-03 a sealed text that is cut off, prolonged or spelled otherwise opens nothing', () => {
  const text = sealed()
  for (let length = 0; length < text.length; length++) expect(unseal(KEY, text.slice(0, length), BINDING)).toBeNull()
  const others = [
    `${text}A`,
    `${text}.`,
    ` ${text}`,
    `${text}\n`,
    `${text}=`,
    text.replace('ck1.3', 'ck1.03'),
    text.replace('ck1', 'CK1'),
    text.replace('.3.', '.-3.'),
  ]
  for (const other of others) expect(unseal(KEY, other, BINDING)).toBeNull()
})

test.each<Partial<Binding>>([{ kind: 'ledger' }, { vaultId: 'w' }, { name: 'other-key' }, { version: 2 }, { name: 'shop-key,1' }])(
  'VLT-03 a sealed text does not open where %o is another one',
  (change) => {
    expect(unseal(KEY, sealed(), { ...BINDING, ...change })).toBeNull()
  },
)

test('a sealed text does not open with another key, nor as one of another generation', () => {
  expect(unseal(createSecretKey(randomBytes(32)), sealed(), BINDING)).toBeNull()
  expect(unseal(KEY, sealed().replace('ck1.3.', 'ck1.4.'), BINDING)).toBeNull()
})
