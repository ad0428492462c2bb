import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

/** Every file that a module reaches through static imports inside the package, with the outside modules it names. */
function reach(entry: URL, seen = new Map<string, readonly string[]>()): ReadonlyMap<string, readonly string[]> {
  if (seen.has(entry.href)) return seen
  const source = readFileSync(entry, 'utf8')
  const imports = [...source.matchAll(/^(?:import|export) (?!type )[^'"]*from '([^']+)'/gm)].map(([, name]) => name!)
  seen.set(
    entry.href,
    imports.filter((name) => !name.startsWith('.')),
  )
  for (const name of imports) if (name.startsWith('.')) reach(new URL(name, entry), seen)
  return seen
}

describe('what the package needs from its surroundings', () => {
  it.each(['index.ts', 'middleware/hono.ts', 'middleware/fetch.ts'])(
    '%s runs without Node: Web Crypto and structured-headers only',
    (name) => {
      const reached = reach(new URL(`../src/${name}`, import.meta.url))
      expect(reached.size).toBeGreaterThan(10)
      const outside = new Set([...reached.values()].flat())
      expect([...outside]).toEqual(['structured-headers'])
      for (const file of reached.keys())
        expect(readFileSync(new URL(file), 'utf8')).not.toMatch(/\b(?:process\.[a-z]|Buffer[.(]|require\()/)
    },
  )

  it('every subpath export points to a file that is there', () => {
    const { exports } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
      exports: Record<string, { source?: string }>
    }
    for (const { source } of Object.values(exports))
      if (source !== undefined) expect(readFileSync(new URL(`../${source}`, import.meta.url), 'utf8')).not.toBe('')
  })
})
