import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { formatProblem } from '../config/problem.ts'
import { loadGuard } from './load.ts'

const folder = mkdtempSync(join(tmpdir(), 'cloakroom-decoys-'))
afterAll(() => rmSync(folder, { recursive: true }))

function problemsOf(file: string, text: string | null, change: { decoys?: string; does?: string } = {}): string {
  if (text !== null) writeFileSync(join(folder, file), text)
  const decoys = change.decoys ?? `{ shop: { ${file.endsWith('.yaml') ? 'openapi' : 'sample'}: ./${file} } }`
  const does = change.does ?? '{ decoy: { profile: shop, else: { block: 404 } } }'
  const path = join(folder, 'guard.yaml')
  writeFileSync(path, `version: 1\ndecoys: ${decoys}\nrules:\n  - { id: a, when: 'true', then: ${does} }\n`)
  const loaded = loadGuard(path)
  if (loaded.kind === 'guard') return ''
  return loaded.problems.map((problem) => formatProblem(problem, path).replaceAll(`${folder}/`, '')).join('\n')
}

const GOOD = '{ "id": "7d1f3a52-90c4-4b1e-8a67-0f2f6f1f9c11" }'

test('a sample that can be used is one of the files that are followed', () => {
  expect(problemsOf('good.json', GOOD)).toBe('')
  const loaded = loadGuard(join(folder, 'guard.yaml'))
  expect(loaded.files).toEqual([join(folder, 'guard.yaml'), join(folder, 'good.json')])
})

test.each([
  ['a file that is not there', 'none.json', null, /^guard\.yaml:2:\d+: This file is not there/],
  ['broken JSON', 'broken.json', '{\n  "id": "x",\n  "name" "y"\n}', /^broken\.json:3:\d+: .*\[guard_decoy\]/],
  ['YAML in the place of JSON', 'yaml.json', 'id: 5\n', /^yaml\.json:1:1: This is no JSON/],
  [
    'a sample without a place for a canary',
    'poor.json',
    '{ "id": 5, "name": "Linen shirt" }',
    /^guard\.yaml:4:\d+: Nothing in `shop` could be known again/,
  ],
  ['a document that is none', 'swagger.yaml', 'swagger: "2.0"\npaths: {}\n', /^swagger\.yaml:1:\d+: This is no OpenAPI 3 document/],
  [
    'a reference that leads out of the document',
    'refs.yaml',
    "openapi: 3.1.0\npaths:\n  /a:\n    get:\n      responses:\n        '200':\n          content:\n            application/json: { schema: { $ref: './other.yaml' } }\n",
    /^refs\.yaml:5:\d+: `\.\/other\.yaml` names nothing in this document/,
  ],
  [
    'a document without an answer',
    'empty.yaml',
    'openapi: 3.1.0\npaths: { /a: { post: {} } }\n',
    /^empty\.yaml:2:\d+: No GET of this document/,
  ],
])('RATE-08 %s is said with its place', (_what, file, text, said) => {
  expect(problemsOf(file, text)).toMatch(said)
})

test('RATE-08 a rule that names a decoy which does not exist is refused with what was meant', () => {
  const does = '{ decoy: { profile: shpo, else: { block: 404 } } }'
  expect(problemsOf('good.json', GOOD, { does })).toMatch(/There is no decoy `shpo`.*\n.*\n.*\n +Did you mean `shop`\?/)
  expect(problemsOf('good.json', GOOD, { does, decoys: '{}' })).toMatch(/Add it under `decoys`/)
  expect(problemsOf('good.json', GOOD, { does: '{ decoy: { profile: shop } }' })).toMatch(/Add `else:/)
})
