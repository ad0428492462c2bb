import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { referencePages } from './generate-reference.ts'

describe('docs/reference', () => {
  test.each(referencePages().map(({ path, text }) => [path, text] as const))(
    '%s is up to date (else: node --conditions=source scripts/generate-reference.ts)',
    (path, text) => {
      expect(readFileSync(resolve(import.meta.dirname, '..', path), 'utf8')).toBe(text)
    },
  )
})
