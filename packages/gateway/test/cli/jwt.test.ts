import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const MAIN = resolve(import.meta.dirname, '../../src/cli/main.ts')
const run = (argv: readonly string[], input = '') =>
  spawnSync(process.execPath, ['--conditions=source', MAIN, 'jwt', ...argv], {
    input,
    encoding: 'utf8',
    timeout: 60_000,
    env: { NO_COLOR: '1' },
  })

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('cloakroom jwt is the checker under our name', () => {
  test('it finds what is wrong with an unsigned JWT, says what to do, and never prints it whole', () => {
    const jwt = `${part({ alg: 'none' })}.${part({ sub: 'somebody-in-particular' })}.`
    const { status, stdout } = run(['--json'], jwt)
    expect(status).toBe(1)
    expect(stdout).toContain('JWT-01')
    expect(() => JSON.parse(stdout)).not.toThrow()
    expect(stdout).not.toContain(jwt)
  })
  test('its own help and exit codes', () => {
    expect(run(['--help'])).toMatchObject({ status: 0, stdout: expect.stringContaining('probe') })
    expect(run(['--no-such-option']).status).toBe(2)
    expect(run([], 'not a JWT at all').status).not.toBe(0)
  })
  test('an option that looks like a secret of ours is the checker’s business here', () => {
    expect(run(['--keys', '/nowhere/keys.json'], 'x').stderr).not.toContain('secrets and passwords are never arguments')
  })
})
