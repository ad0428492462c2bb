import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

const BUILT = resolve(import.meta.dirname, '../../packages/gateway/dist/cli/main.js')

test.runIf(process.platform === 'linux' && existsSync(BUILT))(
  'REV-03 of many streams on two gateways exactly those of the disabled account end',
  () => {
    const ran = spawnSync(process.execPath, [resolve(import.meta.dirname, 'streams-end.ts'), '--streams', '120', '--accounts', '3'], {
      encoding: 'utf8',
      timeout: 80_000,
    })
    expect(ran.status, ran.stdout + ran.stderr).toBe(0)
    expect(ran.stdout).toContain('its 40 streams: 40 ended')
    expect(ran.stdout).toContain('the 80 others: 0 ended; 80 heard')
  },
  90_000,
)
