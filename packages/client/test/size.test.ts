import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'

const source = readFileSync(resolve(import.meta.dirname, '../src/index.ts'), 'utf8')

test('what a page loads is under 3 kB, compressed and not even minified, and needs nothing else', () => {
  const script = stripTypeScriptTypes(source)
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/^\s*\/\/.*$/gm, '')
    .replaceAll(/\n\s*\n/g, '\n')
  const size = gzipSync(script).length
  console.log(`@cloakroom/client: ${size} bytes gzip`)
  expect(size).toBeLessThan(3 * 1024)
  expect(script).not.toMatch(/\bimport\b/)
})
