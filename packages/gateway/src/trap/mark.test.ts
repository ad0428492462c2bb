import { createSecretKey, generateKeySync } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createMarks } from './mark.ts'

const key = createSecretKey(Buffer.alloc(32, 7))
const marks = createMarks(key, 'decoy')
let drawn = 0
const next = () => (drawn = (drawn * 73 + 41) % 251)

describe('a mark', () => {
  test.each([
    ['a UUID', '7d1f3a52-90c4-4b1e-8a67-0f2f6f1f9c11', /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/],
    ['hex', 'd41d8cd98f00b204e9800998ecf8427e', /^[0-9a-f]{32}$/],
    ['a document id', 'k3v9x0q2m7c5n8b1z4', /^[0-9a-z]{18}$/],
    ['upper case', 'AKIAIOSFODNN7EXAMPLE', /^[0-9A-Z]{20}$/],
    ['a key', 'sk-live-51HxYzAbCdEfGhIjKlMnOp', /^sk-live-[0-9A-Za-z]{22}$/],
    ['a mailbox', 'maximilian.featherstonehaugh@example.com', /^maximilian\.[0-9a-z]{17}@example\.com$/],
  ])('in %s looks like any other, and is read back', (_what, like, look) => {
    const marked = marks.write(like, 4_000_000_123, next)
    expect(marked).toMatch(look)
    expect(marked).not.toBe(like)
    for (const text of [marked ?? '', `/api/items/${marked}`, `x=1&id=${marked}&y=2`, `Bearer ${marked}`, `{"a":"${marked}"}`])
      expect(marks.read(text)).toEqual([4_000_000_123])
  })

  test.each([['12345678901234567890'], ['short'], ['two words here'], ['']])('has no room in %j', (like) => {
    expect(marks.write(like, 1, next)).toBeNull()
  })

  test('of another key or another purpose says nothing', () => {
    const marked = marks.write('d41d8cd98f00b204e9800998ecf8427e', 5, next) ?? ''
    expect(createMarks(key, 'honey').read(marked)).toEqual([])
    expect(createMarks(generateKeySync('aes', { length: 256 }), 'decoy').read(marked)).toEqual([])
  })

  test('is not found in what others wrote', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.string({ maxLength: 300 }), fc.base64String({ maxLength: 200 }), (...texts) =>
        texts.every((text) => marks.read(text).length === 0),
      ),
    )
  })

  test('is gone with any character of it changed', () => {
    const marked = marks.write('d41d8cd98f00b204e980', 5, next) ?? ''
    for (let at = 0; at < marked.length; at += 1) {
      const other = marked[at] === '0' ? '1' : '0'
      expect(marks.read(marked.slice(0, at) + other + marked.slice(at + 1)), String(at)).toEqual([])
    }
  })

  test('a long text costs no more than a bounded look', () => {
    const text = 'aaaaaaaaaaaaaaaaaaaa-'.repeat(50_000)
    const before = process.cpuUsage().user
    expect(marks.read(text)).toEqual([])
    expect(process.cpuUsage().user - before).toBeLessThan(500_000)
  })
})
