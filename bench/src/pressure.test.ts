import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

const BUILT = resolve(import.meta.dirname, '../../packages/gateway/dist/cli/main.js')

// It measures the command as it is shipped, on Linux, where the system tells a process's memory.
test.runIf(process.platform === 'linux' && existsSync(BUILT))(
  'HTTP-18 idle streams, slow uploads and stopped readers at once: all are held, memory stays, and a call among them is answered',
  () => {
    const sizes = ['--streams', '400', '--uploads', '60', '--readers', '10', '--seconds', '2']
    const ran = spawnSync(process.execPath, [resolve(import.meta.dirname, 'pressure.ts'), ...sizes], { encoding: 'utf8', timeout: 50_000 })
    expect(ran.status, ran.stdout + ran.stderr).toBe(0)
    expect(ran.stdout).toContain('470')
    expect(ran.stdout).toContain('status 200')
  },
  60_000,
)
