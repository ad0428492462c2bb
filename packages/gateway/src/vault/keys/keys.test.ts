import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { needlesOf } from '../../decide/needles.ts'
import { envKey } from './env.ts'
import { execKey, type ExecOptions } from './exec.ts'
import { passphraseKey } from './passphrase.ts'
import type { KeyProvider } from './provider.ts'

const ROOT = randomBytes(32)
const says = (phrase: string) => passphraseKey(() => Promise.resolve(phrase))

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keys-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** A key program: JavaScript over `input` (bytes), `operation` and `context`, that returns its answer. */
async function program(name: string, body: string, options: ExecOptions = {}): Promise<KeyProvider> {
  const path = join(folder, `${name}.mjs`)
  const head =
    'import { readFileSync } from "node:fs"; const input = readFileSync(0); const operation = process.argv.at(-1); const context = process.env.CLOAKROOM_KEY_CONTEXT;'
  await writeFile(path, `${head} process.stdout.write((() => { ${body} })())`)
  return execKey([process.execPath, path], options)
}

const INVERTS = 'return Buffer.from(input.map((byte) => byte ^ 0x5a ^ context.length))'

test.each([
  ['passphrase', () => says('correct horse battery')],
  ['env', () => envKey('K', { K: randomBytes(32).toString('base64') })],
  ['exec', () => program('inverts', INVERTS)],
] as const)('VLT-04 the key provider %s gives back the root key that it closed, which is nowhere in what is stored', async (name, make) => {
  const provider = await make()
  expect(provider.name).toBe(name)
  const { wrapped, parameters } = await provider.wrap(ROOT, 'a/slot')
  expect(await provider.unwrap(wrapped, parameters, 'a/slot')).toEqual(ROOT)
  const stored = Buffer.concat([Buffer.from(wrapped + parameters), Buffer.from(wrapped, 'base64url')])
  expect(needlesOf([ROOT]).filter((needle) => stored.includes(Buffer.from(needle)))).toEqual([])
  await expect(provider.unwrap(wrapped, parameters, 'another/slot/')).rejects.toThrow(/credential_unavailable/)
})

test('VLT-04 a passphrase opens however its characters are composed, and no other one does', async () => {
  const { wrapped, parameters } = await says('Schlüssel zum Café').wrap(ROOT, 'a/slot')
  expect(JSON.parse(parameters)).toMatchObject({ kdf: 'argon2id', memoryKiB: 65_536, passes: 3, lanes: 1 })
  expect(await says('  Schlu\u0308ssel zum Cafe\u0301 ').unwrap(wrapped, parameters, 'a/slot')).toEqual(ROOT)
  await expect(says('schlüssel zum café').unwrap(wrapped, parameters, 'a/slot')).rejects.toThrow(/not the passphrase/)
})

test('VLT-04 a passphrase of fewer than twelve characters closes nothing', async () => {
  await expect(says('eleven char').wrap(ROOT, 'a/slot')).rejects.toThrow(/at least 12/)
})

test.each([
  ['no JSON', '{'],
  ['another function', '{"kdf":"scrypt","memoryKiB":65536,"passes":3,"lanes":1,"salt":"AAAAAAAAAAAAAAAAAAAAAA"}'],
  ['memory without bound', '{"kdf":"argon2id","memoryKiB":1e9,"passes":3,"lanes":1,"salt":"AAAAAAAAAAAAAAAAAAAAAA"}'],
  ['next to no memory', '{"kdf":"argon2id","memoryKiB":8,"passes":1,"lanes":1,"salt":"AAAAAAAAAAAAAAAAAAAAAA"}'],
  ['passes without bound', '{"kdf":"argon2id","memoryKiB":65536,"passes":1000,"lanes":1,"salt":"AAAAAAAAAAAAAAAAAAAAAA"}'],
  ['no salt', '{"kdf":"argon2id","memoryKiB":65536,"passes":3,"lanes":1,"salt":""}'],
])('VLT-04 a passphrase slot whose parameters were changed to %s is refused before any work is done', async (_, parameters) => {
  let asked = false
  const provider = passphraseKey(() => {
    asked = true
    return Promise.resolve('correct horse battery')
  })
  await expect(provider.unwrap('ck1', parameters, 'a/slot')).rejects.toThrow(/does not accept/)
  expect(asked).toBe(false)
})

test('VLT-04 the environment is for development: it warns, and takes no key that is missing, weak or of another length', async () => {
  expect(envKey('K', {}).warning).toMatch(/use a key file in production/)
  for (const text of [undefined, '', 'secret', 'A'.repeat(43), '00'.repeat(32), randomBytes(16).toString('hex')]) {
    await expect(envKey('K', { K: text }).wrap(ROOT, 'a/slot')).rejects.toThrow(/K must hold 32 random bytes/)
  }
  await expect(envKey('K', { K: randomBytes(32).toString('hex') }).wrap(ROOT, 'a/slot')).resolves.toBeDefined()
})

test.each([
  ['hands back what it was given', 'return operation === "wrap" ? input : ""', /unencrypted/],
  ['hands it back in another spelling', 'return Buffer.from(input.toString(), "base64url").toString("hex")', /unencrypted/],
  ['answers nothing', 'return ""', /gave no answer/],
  ['answers more than a key could be', 'return "x".repeat(70000)', /more than 65536 bytes/],
  ['fails', 'process.exit(3)', /status 3/],
  ['ends by a signal', 'process.kill(process.pid, "SIGTERM"); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)', /SIGTERM/],
])('VLT-04 a key program that %s is fatal', async (name, body, expected) => {
  const provider = await program(name.replaceAll(' ', '-'), body)
  await expect(provider.wrap(ROOT, 'a/slot')).rejects.toThrow(expected)
})

test('VLT-04 a key program that opens something else, hangs or is not there is fatal', async () => {
  await expect((await program('other', 'return "bm90IGEga2V5"')).unwrap('AAAA', '{}', 'a/slot')).rejects.toThrow(
    /did not answer with the root key/,
  )
  const hangs = await program('hangs', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)', { timeoutMs: 200 })
  await expect(hangs.wrap(ROOT, 'a/slot')).rejects.toThrow(/SIGKILL: it has 0.2 s/)
  await expect(execKey([join(folder, 'none')]).wrap(ROOT, 'a/slot')).rejects.toThrow(/could not be run/)
  await expect(execKey([]).wrap(ROOT, 'a/slot')).rejects.toThrow(/none is named/)
})

test('a key program gets no shell: what its arguments spell is not run', async () => {
  const path = join(folder, 'arguments.mjs')
  await writeFile(
    path,
    'import { readFileSync } from "node:fs"; readFileSync(0); process.stdout.write(process.argv.slice(2).join("|") + process.env.SEEN + process.env.CLOAKROOM_KEY_CONTEXT)',
  )
  const { wrapped } = await execKey([process.execPath, path, '$(id); `id`'], { environment: { SEEN: '|seen|' } }).wrap(ROOT, 'a/slot')
  expect(Buffer.from(wrapped, 'base64url').toString()).toBe('$(id); `id`|wrap|seen|a/slot')
})
