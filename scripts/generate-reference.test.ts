import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { referencePages } from './generate-reference.ts'

const pages = await referencePages()

describe('docs/reference', () => {
  test.each(pages.map(({ path, text }) => [path, text] as const))(
    '%s is up to date (else: node --conditions=source scripts/generate-reference.ts)',
    (path, text) => {
      expect(readFileSync(resolve(import.meta.dirname, '..', path), 'utf8')).toBe(text)
    },
  )
})

describe('docs/reference/limits.md', () => {
  const read = (path: string): string => readFileSync(resolve(import.meta.dirname, '..', path), 'utf8')
  const page = read('docs/reference/limits.md')

  test('ADM-05 has every key that holds a time, a size, a number or a rate, as the page of the configuration has it', () => {
    const rows =
      read('docs/reference/configuration.md')
        .split('\n## Problems')[0]
        ?.match(/^\| `[^`]+` \|.*$/gm) ?? []
    const counted = rows.filter((row) => /^\| `[^`]+` \| (?:number|[^|]*) \| `\d+(?:ms|s|m|h|d|B|KiB|MiB|GiB)?` \|/.test(row))
    expect(counted.length).toBeGreaterThan(30)
    for (const row of counted) expect(page).toContain(`| ${/`[^`]+`/.exec(row)?.[0]} |`)
  })

  test('ADM-05 has every kind of event, how long it is kept, and how each kind of secret is replaced', () => {
    const kinds =
      read('packages/contract/src/audit-event.ts')
        .split('export type AuditResult')[0]
        ?.match(/(?<=^ {2}\| ')[a-z_.]+/gm) ?? []
    expect(kinds.length).toBeGreaterThan(70)
    for (const kind of kinds)
      expect(page).toMatch(
        new RegExp(`^\\| \`${kind.replaceAll('.', '\\.')}\` \\| .+ \\| \`(?:refusals|signIns|operation|changes)\` \\|`, 'm'),
      )
    for (const command of ['secret rotate', 'signing-key rotate', 'secret rekey', 'machine-key add', 'account force-reset'])
      expect(page).toContain(`cloakroom ${command}`)
  })
})
