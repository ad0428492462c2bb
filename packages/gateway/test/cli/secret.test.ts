import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { atTerminal, cloakroom, type emptyFolder, everythingIn, HAS_TERMINAL, installation } from './run.ts'

const FIRST = 'canary-first-4Zk8Qw2LmX9'
const SECOND = 'canary-second-7Hn3Vt5Bc1'

let made: Awaited<ReturnType<typeof installation>>
let folder: ReturnType<typeof emptyFolder>
beforeAll(async () => {
  made = await installation(FIRST)
})
afterAll(() => made.remove())
beforeEach(() => {
  folder = made.copy()
})
afterEach(() => folder.remove())

const run = (args: readonly string[], input = '') => cloakroom(args, { cwd: folder.path, input })

describe('cloakroom secret', () => {
  test('add, rotate and revoke change what the vault holds; each is in the audit trail', async () => {
    expect(
      await run(
        ['secret', 'add', 'maps-key', '--origin', 'https://maps.example.com', '--place', 'query:key', '--not-after', '90d'],
        `${FIRST}\n`,
      ),
    ).toMatchObject({ code: 0 })
    expect(await run(['secret', 'rotate', 'maps-key', '--overlap', '1h'], SECOND)).toMatchObject({ code: 0 })
    expect(await run(['secret', 'revoke', 'maps-key', '--only', '1', '--yes'])).toMatchObject({ code: 0 })
    const held = JSON.parse((await run(['secret', 'list', '--json'])).out) as {
      name: string
      versions: { version: number; state: string }[]
    }[]
    expect(held.find(({ name }) => name === 'maps-key')?.versions).toMatchObject([
      { version: 2, state: 'active' },
      { version: 1, state: 'revoked' },
    ])
    const kinds = readFileSync(join(folder.path, 'data/audit.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { kind: string }).kind)
    expect(kinds).toEqual(['vault.created', 'secret.added', 'secret.added', 'secret.rotated', 'secret.revoked'])
  })

  test('a client of an authorization server is sealed with where its secret may go', async () => {
    const client = ['--origin', 'https://a.example', '--token-endpoint', 'https://login.example/token', '--client-id', 'shop']
    expect(await run(['secret', 'add-client', 'crm', ...client], FIRST)).toMatchObject({ code: 0 })
    const listed = (await run(['secret', 'list'])).out
    expect(listed).toContain('crm  bearer, issued by https://login.example/token to shop  https://a.example')
    expect(listed + everythingIn(join(folder.path, 'data'))).not.toContain(FIRST.slice(0, 12))
    const signed = ['secret', 'add-client', 'erp', ...client, '--authentication', 'private_key_jwt', '--client-key', 'erp-client']
    expect((await run(signed)).err).toContain('cloakroom signing-key add erp-client --origin https://login.example')
    await run(['signing-key', 'add', 'erp-client', '--origin', 'https://login.example'])
    expect(await run(signed)).toMatchObject({ code: 0 })
  })

  test.each([
    ['an endpoint without TLS', ['--token-endpoint', 'http://login.example/token'], /without TLS/],
    ['a method that nobody knows', ['--authentication', 'none'], /client_secret_basic/],
    ['a key without its method', ['--client-key', 'x'], /belong together/],
    ['an origin with a path', ['--origin', 'https://a.example/v1'], /--origin is not an origin/],
  ])('a client with %s is refused with what to do', async (_, more, said) => {
    const client = ['--origin', 'https://a.example', '--token-endpoint', 'https://login.example/token', '--client-id', 'shop']
    const ran = await run(['secret', 'add-client', 'crm', ...client, ...more], SECOND)
    expect([ran.code, said.test(ran.err)], ran.err).toEqual([64, true])
  })

  test('a secret that changes with time: its root is made once for the API, and sealed', async () => {
    const args = ['secret', 'add', 'crm-key', '--origin', 'https://a.example', '--place', 'header:x-api-key', '--window', '30s']
    expect(await run([...args, '--generate', 'root.txt'])).toMatchObject({ code: 0 })
    const root = readFileSync(join(folder.path, 'root.txt'), 'utf8')
    expect([root.length, statSync(join(folder.path, 'root.txt')).mode & 0o777]).toEqual([43, 0o600])
    const listed = await run(['secret', 'list'])
    expect(listed.out).toContain('crm-key  header:x-api-key, another one every 30s')
    expect(everythingIn(join(folder.path, 'data')) + listed.out).not.toContain(root)
    expect(await run([...args, '--generate', 'root.txt'])).toMatchObject({ code: 73 })
    expect(await run(['secret', 'rotate', 'crm-key'], 'too-short')).toMatchObject({ code: 1 })
    expect(await run(['secret', 'rotate', 'crm-key'], `${root}${root}`)).toMatchObject({ code: 0 })
  })

  test.each([
    ['a window of no time', ['--window', '0s'], 64, /--window/],
    ['a window without a unit', ['--window', '30'], 64, /--window/],
    ['a root for a secret that does not change', ['--generate', 'root.txt'], 64, /--window 30s/],
  ])('%s is refused with what to do', async (_, more, code, said) => {
    const ran = await run(['secret', 'add', 'a', '--origin', 'https://a.example', '--place', 'bearer', ...more], SECOND)
    expect([ran.code, said.test(ran.err), existsSync(join(folder.path, 'root.txt'))]).toEqual([code, true, false])
  })

  test('VLT-08 what is shown is at most the last four characters and a fingerprint', async () => {
    const listed = await run(['secret', 'list'])
    expect(listed.out).toContain(`…${FIRST.slice(-4)}`)
    expect(listed.out + listed.err + everythingIn(folder.path)).not.toContain(FIRST.slice(0, 12))
  })

  test.each([
    [
      'a name that is taken',
      ['secret', 'add', 'shop-key', '--origin', 'https://a.example', '--place', 'bearer'],
      SECOND,
      1,
      /rotate shop-key/,
    ],
    ['the same value again', ['secret', 'rotate', 'shop-key'], FIRST, 1, /value of version 1/],
    ['an unknown name', ['secret', 'rotate', 'other-key'], SECOND, 1, /secret list/],
    ['an empty value', ['secret', 'rotate', 'shop-key'], '\n', 1, /empty/],
    [
      'an origin with a path',
      ['secret', 'add', 'a', '--origin', 'https://a.example/v1', '--place', 'bearer'],
      SECOND,
      64,
      /--origin is not an origin/,
    ],
    [
      'a placement that frames the message',
      ['secret', 'add', 'a', '--origin', 'https://a.example', '--place', 'header:Host'],
      SECOND,
      64,
      /--place/,
    ],
    ['a time without a zone', ['secret', 'rotate', 'shop-key', '--not-after', '2027-03-31T12:00'], SECOND, 64, /time cannot be read/],
    ['ending without being asked', ['secret', 'revoke', 'shop-key'], '', 64, /--yes/],
    ['a misspelled command', ['secret', 'rotat', 'shop-key'], '', 64, /Did you mean rotate/],
    ['a missing configuration', ['secret', 'list', '--config', 'none.yaml'], '', 78, /cloakroom init/],
  ] as const)('%s: says what is wrong and how to mend it', async (_what, args, input, code, text) => {
    const ran = await run(args, input)
    expect(ran.code).toBe(code)
    expect(ran.out).toBe('')
    expect(ran.err).toMatch(text)
  })

  test.each([
    [['secret', 'add', 'x-key', SECOND, '--origin', 'https://a.example', '--place', 'bearer']],
    [['secret', 'add', 'x-key', `--secret=${SECOND}`]],
    [['secret', 'add', 'Canary_second_7Hn3Vt5Bc1', '--origin', 'https://a.example', '--place', 'bearer']],
    [['init', `--token=${SECOND}`]],
  ])('VLT-08 a secret given as an argument is refused and not repeated: %j', async (args) => {
    const ran = await run(args)
    expect(ran.code).toBe(64)
    expect(ran.out + ran.err).not.toMatch(/7Hn3Vt5Bc1/)
    expect(everythingIn(folder.path)).not.toContain(SECOND)
  })

  test('VLT-04 a key file that others can read opens nothing: neither the commands nor start', async () => {
    chmodSync(join(folder.path, 'cloakroom.key'), 0o644)
    for (const args of [['secret', 'list'], ['start'], ['check'], ['account', 'add', 'ada']]) {
      const ran = await run(args, 'correct horse battery staple')
      expect(ran.code).toBe(78)
      expect(ran.err).toMatch(/read by others[\s\S]*chmod 600/)
    }
  })

  test('VLT-04 a key file inside the data folder is refused', async () => {
    const file = join(folder.path, 'cloakroom.yaml')
    writeFileSync(file, readFileSync(file, 'utf8').replace('./cloakroom.key', './data/cloakroom.key'))
    expect((await run(['start'])).err).toMatch(/key_in_store/)
  })

  test('rekey with a new key and a new passphrase: the old ones open nothing, the secrets stay', async () => {
    const before = readFileSync(join(folder.path, 'cloakroom.key'), 'utf8')
    const ran = await run(['secret', 'rekey', '--new-key', '--new-recovery', '--json'])
    expect(ran.code).toBe(0)
    expect(JSON.parse(ran.out)).toMatchObject({ generation: 2, resealed: 1, newKey: true })
    expect(readFileSync(join(folder.path, 'cloakroom.key'), 'utf8')).not.toBe(before)
    expect(existsSync(join(folder.path, 'cloakroom.key.new'))).toBe(false)
    expect((await run(['check'])).code).toBe(0)
    const phrase = /^ {4}([0-9a-z-]{34})$/m.exec(ran.err)?.[1] ?? ''
    writeFileSync(join(folder.path, 'cloakroom.key'), before, { mode: 0o600 })
    expect((await run(['secret', 'list'])).code).toBe(78)
    expect((await run(['secret', 'rekey', '--recover'], phrase)).code).toBe(0)
    expect((await run(['check'])).code).toBe(0)
  })

  test('a new key file of an attempt that was broken off is never overwritten', async () => {
    writeFileSync(join(folder.path, 'cloakroom.key.new'), 'left behind')
    const ran = await run(['secret', 'rekey', '--new-key'])
    expect(ran).toMatchObject({ code: 73 })
    expect(ran.err).toMatch(/left from an attempt that was broken off[\s\S]*rename/)
    expect(readFileSync(join(folder.path, 'cloakroom.key.new'), 'utf8')).toBe('left behind')
    expect((await run(['check'])).code).toBe(0)
  })

  test.skipIf(!HAS_TERMINAL)('on a terminal the secret is typed unseen, and Ctrl-C changes nothing', async () => {
    const ran = await atTerminal(['secret', 'rotate', 'shop-key'], folder.path, [{ on: 'The new secret of shop-key', type: `${SECOND}\r` }])
    expect(ran.code).toBe(0)
    expect(ran.screen).not.toContain(SECOND)
    const stopped = await atTerminal(['secret', 'rotate', 'shop-key'], folder.path, [
      { on: 'The new secret of shop-key', type: 'half\u0003' },
    ])
    expect(stopped.code).toBe(130)
    expect(JSON.parse((await run(['secret', 'list', '--json'])).out)).toMatchObject([{ versions: [{ version: 2 }, { version: 1 }] }])
  })
})
