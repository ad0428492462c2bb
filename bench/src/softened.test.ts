import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { softenedCopy } from './softened.ts'

const BUILT = resolve(import.meta.dirname, '../../packages/gateway/dist/cli/main.js')

// The bench compares with this copy: each of the places that it changes must still be where it was.
test.runIf(existsSync(BUILT))('the copy without hardening can be made, and is a program', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cloakroom-softened-'))
  try {
    const ran = spawnSync(process.execPath, [softenedCopy(folder), 'start', '--help'], { encoding: 'utf8' })
    expect([ran.status, ran.stderr]).toEqual([0, ''])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
