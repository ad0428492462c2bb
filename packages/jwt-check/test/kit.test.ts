import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it, test } from 'vitest'
import { testVerifier, type TestContext } from '../src/kit.ts'
import { attacks } from '../src/probe/attacks.ts'
import { signJwt } from '../src/jose/sign.ts'
import { ecKey } from './cases/make.ts'
import { justDecode, verifier } from './strict-verifier.ts'

const iss = 'https://issuer.example'
const aud = 'https://api.example'
const jwt = () => {
  const now = Math.floor(Date.now() / 1000)
  return signJwt({ alg: 'ES256', typ: 'at+jwt' }, { iss, aud, sub: 'u', iat: now, exp: now + 300, jti: crypto.randomUUID() }, ecKey)
}

// The kit in its natural use: these are real tests of the strict verifier, one per attack.
describe('the kit under vitest', () => {
  testVerifier(test, () => ({ verify: verifier({ alg: 'ES256', key: ecKey, iss, aud }), jwt, signingKeys: [ecKey] }))
})

/** Runs what the kit registers, and tells which tests passed, failed or were skipped. */
async function outcomes(verify: (jwt: string) => unknown): Promise<ReadonlyMap<string, string>> {
  const registered: (readonly [string, (context: TestContext) => Promise<void>])[] = []
  testVerifier(
    (name, run) => registered.push([name, run]),
    () => ({ verify, jwt, signingKeys: [ecKey], ignore: new Set(['JWT-26', 'JWT-35']) }),
  )
  const out = new Map<string, string>()
  for (const [name, run] of registered) {
    let skipped = false
    const context = { skip: () => (skipped = true) }
    out.set(
      name,
      await run(context).then(
        () => (skipped ? 'skipped' : 'passed'),
        (error: Error) => error.message,
      ),
    )
  }
  return out
}

describe('the kit', () => {
  it('registers one test per attack and one for the valid JWT', async () => {
    const results = await outcomes(verifier({ alg: 'ES256', key: ecKey, iss, aud }))
    expect(results.size).toBe(attacks.length + 1)
    expect([...results.values()].filter((result) => result !== 'passed' && result !== 'skipped')).toEqual([])
    expect(results.get('JWT-26 kid-injection is refused')).toBe('skipped')
    expect(results.get('JWT-42 replay is refused')).toBe('skipped')
  })

  it('fails the tests of a verifier that merely decodes', async () => {
    const results = await outcomes((text) => justDecode(text))
    expect(results.get('JWT-01 none-in-any-case is refused')).toContain('Not refused: alg "none" with an empty signature (accepted')
    expect(results.get('JWT-45 altered-claims is refused')).toContain('another sub')
  })

  it('fails its first test when the valid JWT is refused', async () => {
    const results = await outcomes(() => false)
    expect([...results.values()][0]).toContain('refused')
  })

  it('works with node:test', () => {
    const folder = mkdtempSync(join(tmpdir(), 'jwt-check-kit-'))
    const kit = pathToFileURL(join(import.meta.dirname, '../src/kit.ts')).href
    const file = join(folder, 'kit.test.ts')
    writeFileSync(
      file,
      `import { test } from 'node:test'
       import { createHmac } from 'node:crypto'
       import { testVerifier } from ${JSON.stringify(kit)}
       const key = Buffer.alloc(32, 7)
       const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
       const mac = (input: string) => createHmac('sha256', key).update(input).digest('base64url')
       const head = part({ alg: 'HS256', typ: 'at+jwt' })
       const input = head + '.' + part({ sub: 'u', exp: Math.floor(Date.now() / 1000) + 300 })
       const jwt = input + '.' + mac(input)
       testVerifier(test, () => ({ jwt, only: new Set(['JWT-01', 'JWT-16', 'JWT-44', 'JWT-45']), verify: (text) => {
         const [h, p, s] = text.split('.')
         if (h !== head || s !== mac(h + '.' + p)) throw new Error('refused')
         return true
       } }))`,
    )
    const { stdout, status, stderr } = spawnSync(process.execPath, ['--test', '--test-reporter=tap', file], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] },
    })
    rmSync(folder, { recursive: true })
    expect(stderr).toBe('')
    expect(stdout).toContain('ok 2 - JWT-01 none-in-any-case is refused')
    expect(stdout).toMatch(/JWT-16 expired is refused # SKIP needs a signing key/)
    expect(stdout).toMatch(/# fail 0/)
    expect(status).toBe(0)
  })
})
