import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

/** Attack tests come and sources move: a list of mutations that nobody holds against them is soon one of the past. */
test('every mutation is in place, and each attack has one (else: npm run mutate -- --check says which)', () => {
  const root = resolve(import.meta.dirname, '..')
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--conditions=source', 'scripts/mutate.ts', '--check'], {
    cwd: root,
    encoding: 'utf8',
  })
  expect([status, stdout.trim(), stderr]).toEqual([0, expect.stringMatching(/^\d+ mutations, all in place, and one for each attack$/), ''])
})
