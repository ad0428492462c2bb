import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createVerifier, createSigner, memoryNonces, requestTo, signingKey, staticKeys, type Jwk } from '@cloakroom/signature'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { cloakroom, type emptyFolder, everythingIn, installation } from './run.ts'

let made: Awaited<ReturnType<typeof installation>>
let folder: ReturnType<typeof emptyFolder>
beforeAll(async () => {
  made = await installation('canary-signing-4Zk8Qw2LmX9')
})
afterAll(() => made.remove())
beforeEach(() => {
  folder = made.copy()
})
afterEach(() => folder.remove())

const run = (...args: readonly string[]) => cloakroom(args, { cwd: folder.path })
const ORIGIN = ['--origin', 'https://api.example.com'] as const

describe('cloakroom signing-key', () => {
  test('a key is made in the vault; only its public half comes out, for the API to pin', async () => {
    expect(await run('signing-key', 'add', 'shop-sign', ...ORIGIN)).toMatchObject({ code: 0 })
    const printed = JSON.parse((await run('signing-key', 'public', 'shop-sign')).out) as { keys: Jwk[] }
    expect(printed.keys).toMatchObject([{ kty: 'OKP', crv: 'Ed25519', use: 'sig' }])
    expect(printed.keys[0]).not.toHaveProperty('d')
    expect((await run('signing-key', 'list')).out).toMatch(/shop-sign {2}signs with ed25519 {2}https:\/\/api\.example\.com/)
    expect((await run('secret', 'rotate', 'shop-sign')).err).toContain('cloakroom signing-key rotate shop-sign')
  })

  test('UPV-13 a rotated key is published at once and signs a day later; both are in the set until then', async () => {
    await run('signing-key', 'add', 'shop-sign', ...ORIGIN, '--algorithm', 'ecdsa-p256-sha256')
    expect(await run('signing-key', 'rotate', 'shop-sign')).toMatchObject({ code: 0 })
    const { keys } = JSON.parse((await run('signing-key', 'public', 'shop-sign')).out) as { keys: Jwk[] }
    expect(keys.map(({ kty }) => kty)).toEqual(['EC', 'EC'])
    const [held] = JSON.parse((await run('signing-key', 'list', '--json')).out) as [{ versions: { version: number; state: string }[] }]
    expect(held.versions).toMatchObject([
      { version: 2, state: 'staged' },
      { version: 1, state: 'active' },
    ])
    expect(await run('signing-key', 'revoke', 'shop-sign', '--only', '1', '--yes')).toMatchObject({ code: 0 })
    const after = JSON.parse((await run('signing-key', 'public', 'shop-sign')).out) as { keys: Jwk[] }
    expect(after.keys).toHaveLength(1)
  })

  test('VLT-01 a shared secret is written once, readable by its owner only, and nowhere else', async () => {
    const args = ['signing-key', 'add', 'shop-sign', ...ORIGIN, '--algorithm', 'hmac-sha256', '--shared-file', 'shared.jwk']
    expect(await run(...args)).toMatchObject({ code: 0 })
    const file = join(folder.path, 'shared.jwk')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const jwk = JSON.parse(readFileSync(file, 'utf8')) as Jwk & { k: string }
    const elsewhere = everythingIn(join(folder.path, 'data')) + (await run('signing-key', 'list', '--json')).out
    expect(elsewhere).not.toContain(jwk.k)
    expect(await run('signing-key', 'public', 'shop-sign')).toMatchObject({ code: 1 })
    const sign = createSigner({ key: await signingKey(jwk) })
    const request = requestTo('https://api.example.com/x', 'GET', [])
    const signed = await sign(request, null)
    if (!signed.ok) throw new Error(signed.detail)
    const verify = createVerifier({ authority: 'api.example.com', keys: await staticKeys([jwk]), nonces: memoryNonces() })
    const verdict = await verify({ ...request, fields: signed.value.fields }, () => Promise.resolve({ ok: true, value: new Uint8Array() }))
    expect(verdict).toMatchObject({ verdict: 'accepted' })
  })

  test.each([
    ['an algorithm that nobody knows', ['signing-key', 'add', 'a', ...ORIGIN, '--algorithm', 'rsa'], 64, /ed25519, ecdsa-p256-sha256/],
    ['an origin with a path', ['signing-key', 'add', 'a', '--origin', 'https://a.example/v1'], 64, /--origin is not an origin/],
    ['a shared secret that goes nowhere', ['signing-key', 'add', 'a', ...ORIGIN, '--algorithm', 'hmac-sha256'], 64, /--shared-file/],
    ['a shared file for a key pair', ['signing-key', 'add', 'a', ...ORIGIN, '--shared-file', 'x.jwk'], 64, /no shared secret/],
    ['a name that is taken', ['signing-key', 'add', 'shop-key', ...ORIGIN], 1, /There is a credential shop-key/],
    ['a secret in the place of a key', ['signing-key', 'rotate', 'shop-key'], 1, /no key shop-key that signs/],
    ['a secret to end', ['signing-key', 'revoke', 'shop-key', '--yes'], 1, /secret revoke shop-key/],
    ['a time without a unit', ['signing-key', 'rotate', 'shop-key', '--publish-first', '24'], 64, /time cannot be read/],
  ])('%s is refused with what to do', async (_, args, code, said) => {
    const ran = await run(...args)
    expect([ran.code, said.test(ran.err)], ran.err).toEqual([code, true])
    expect(existsSync(join(folder.path, 'x.jwk'))).toBe(false)
  })

  test('check says when a key is missing, is a secret, or is sealed for another API', async () => {
    const file = join(folder.path, 'cloakroom.yaml')
    const before = readFileSync(file, 'utf8')
    const checked = async (key: string): Promise<string> => {
      writeFileSync(file, before.replace(/^( +)credential: .*$/m, `$&\n$1sign: { key: ${key} }`))
      return (await run('check')).err
    }
    expect(await checked('shop-sign')).toMatch(/key_missing[\s\S]*cloakroom signing-key add shop-sign --origin https:\/\/api\.example\.com/)
    expect(await checked('shop-key')).toContain('key_wrong_kind')
    await run('signing-key', 'add', 'shop-sign', '--origin', 'https://other.example')
    expect(await checked('shop-sign')).toContain('origin_not_sealed')
    await run('signing-key', 'add', 'right-sign', ...ORIGIN)
    expect(await checked('right-sign')).not.toContain('sign')
  })
})
