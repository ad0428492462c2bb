import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const gateway = resolve(root, 'packages/gateway')
const page = readFileSync(resolve(root, 'docs/THREATS.md'), 'utf8')
const named = [...new Set([...page.matchAll(/`((?:[\w-]+\/)+[\w.-]+\.ts)`/g)].map(([, path = '']) => path))]
const rows = page.split('\n').filter((line) => /^\| C\d+ /.test(line))

/** A test that the attack table is a table of things that are there. */
describe('docs/THREATS.md', () => {
  test.each(named.map((path) => [path]))('%s is there', (path) => {
    expect(existsSync(resolve(/^(?:packages|scripts)\//.test(path) ? root : gateway, path))).toBe(true)
  })

  test('has a line for each class, and each says who shows it or why nobody can yet', () => {
    expect(rows.map((row) => Number(/^\| C(\d+) /.exec(row)?.[1]))).toEqual(Array.from({ length: 24 }, (_, at) => at + 1))
    for (const row of rows) {
      const [, name, attack = '', held = '', shown = '', end] = row.split('|').map((cell) => cell.trim())
      expect([name, attack.length > 20, end]).toEqual([name, true, ''])
      expect([name, /\.ts`/.test(held) || /Not yet/.test(held), /\.ts`/.test(shown) || /Not yet/.test(held)]).toEqual([name, true, true])
    }
  })

  test('names every attack that is tested', () => {
    const files = readdirSync(resolve(gateway, 'test/attacks')).filter((file) => file.endsWith('.test.ts'))
    expect(files.length).toBeGreaterThan(30)
    expect(files.filter((file) => !named.includes(`test/attacks/${file}`))).toEqual([])
  })
})
