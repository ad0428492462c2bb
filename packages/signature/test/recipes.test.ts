import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { languageIfThere } from './optional.ts'

const EXAMPLES = fileURLToPath(new URL('../../../examples/', import.meta.url))
const VECTORS = fileURLToPath(new URL('../vectors', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'cloakroom-recipes-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Recipe {
  readonly language: string
  readonly command: string
  readonly run: (command: string) => Promise<string>
}

const java = join(EXAMPLES, 'verify-in-java')
const RECIPES: readonly Recipe[] = [
  {
    language: 'Python',
    command: 'python3',
    run: (python) => ran(python, ['-B', join(EXAMPLES, 'verify-in-python', 'check_vectors.py'), VECTORS]),
  },
  { language: 'PHP', command: 'php', run: (php) => ran(php, [join(EXAMPLES, 'verify-in-php', 'check_vectors.php'), VECTORS]) },
  {
    language: 'Java',
    command: 'javac',
    run: async (javac) => {
      const sources = readdirSync(java).filter((name) => name.endsWith('.java'))
      await ran(javac, ['-d', folder, ...sources.map((name) => join(java, name))])
      return ran('java', ['-cp', folder, 'CheckVectors', VECTORS])
    },
  },
  {
    language: 'Go',
    command: 'go',
    // Kept between runs: the standard library takes most of a minute to compile the first time.
    run: (go) =>
      ran(go, ['run', '.', VECTORS], join(EXAMPLES, 'verify-in-go'), {
        GOCACHE: process.env['GOCACHE'] ?? join(tmpdir(), 'cloakroom-go-cache'),
        GOPROXY: 'off',
        GOTOOLCHAIN: 'local',
      }),
  },
]

describe.each(RECIPES)('the recipe for an API in $language', ({ command, run }) => {
  const found = languageIfThere(command)
  it.skipIf(found === null)('agrees with every test vector', { timeout: 240_000 }, async () => {
    const [, agreed, all] = /(\d+) of (\d+) vectors agree/.exec(await run(found!)) ?? []
    expect(Number(agreed)).toBeGreaterThan(40)
    expect(agreed).toBe(all)
  })
})

function ran(command: string, words: readonly string[], cwd = folder, more: Readonly<Record<string, string>> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, { cwd, env: { ...process.env, ...more } })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.on('error', reject)
    child.on('close', (code) => (code === 0 ? resolve(output) : reject(new Error(`${command} ended with ${code}:\n${output}`))))
  })
}
