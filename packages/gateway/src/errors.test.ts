import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { FAILURES, type FailureCode, GateError } from './errors.ts'

const root = resolve(import.meta.dirname, '../../..')
const page = readFileSync(join(root, 'docs/reference/errors.md'), 'utf8')
const codes = Object.keys(FAILURES) as FailureCode[]
const paragraphs = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((text): readonly [string, string] => [text.slice(0, text.indexOf('\n')).trim(), text.slice(text.indexOf('\n')).trim()]),
)
const tests = globSync('packages/gateway/{src,test}/**/*.test.ts', { cwd: root })
  .filter((file) => !file.endsWith('src/errors.test.ts'))
  .map((file) => readFileSync(join(root, file), 'utf8'))

describe('the table of errors', () => {
  test('its page has a paragraph for each code, in order, and none for a code that is not there', () => {
    expect([...paragraphs.keys()]).toEqual(codes.toSorted())
  })

  test.each(codes.map((code) => [code]))('%s: the page gives its status and what to do, and a test asserts it', (code) => {
    const text = paragraphs.get(code) ?? ''
    expect(text).toMatch(new RegExp(`^${FAILURES[code].status}[.,] `))
    expect(text.length).toBeGreaterThan(40)
    expect(tests.some((source) => new RegExp(`['"\`]${code}['"\`]`).test(source))).toBe(true)
  })

  test('HTTP-20 no title tells of upstreams, files or versions', () => {
    for (const { title } of Object.values(FAILURES)) {
      expect(title).toMatch(/^[A-Z][^\n]*\.$/)
      expect(title).not.toMatch(/upstream|localhost|node|sqlite|undici|\d{2,}|\//i)
    }
  })

  test('an exception carries its code; the detail is for the log alone', () => {
    const error = new GateError('busy', 'too many passwords', { retryAfterMs: 2000 })
    expect([error.code, error.retryAfterMs, error.message]).toEqual(['busy', 2000, 'busy: too many passwords'])
  })
})
