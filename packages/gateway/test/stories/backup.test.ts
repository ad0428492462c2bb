import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { afterEach, expect, test } from 'vitest'
import { canaryOf } from '../canary.ts'
import { call } from '../call.ts'
import { MAIN } from '../cli/run.ts'
import { type Installation, install, PASSWORD, signIn } from '../started.ts'
import { openSqlite } from '../../src/store/sqlite/open.ts'

const SECRET = 'canary-backup-secret-7Kx3Vb'
const FILE = 'saved.cloakroom'

let place: Installation | null = null
afterEach(async () => {
  await place?.remove()
  place = null
})

async function installed(): Promise<{ place: Installation; store: string; run: (...args: string[]) => ReturnType<Installation['run']> }> {
  const made = await install(SECRET)
  place = made
  const run = async (...args: string[]): ReturnType<Installation['run']> => await made.run(args)
  return { place: made, store: join(made.folder, 'data'), run }
}

async function good(ran: Promise<{ code: number | null; out: string; err: string }>): Promise<string> {
  const { code, out, err } = await ran
  if (code !== 0) throw new Error(`${code}: ${err}`)
  return out
}

test('REV-08 what was revoked after a backup stays revoked when it is restored; sessions of before are dead', async () => {
  const { place, run } = await installed()
  await good(place.run(['account', 'add', 'bob'], `${PASSWORD} of bob`))
  await good(place.run(['account', 'add', 'cleo'], `${PASSWORD} of cleo`))
  const lasting = await good(run('machine-key', 'add', 'lasting', '--allow', 'shop: GET /**'))
  const leaked = await good(run('machine-key', 'add', 'leaked', '--allow', 'shop: GET /**'))
  await good(place.run(['secret', 'rotate', 'shop-key', '--overlap', '1h'], `${SECRET}-two`))
  const gateway = await place.start()
  const [kept, ended] = [await signIn(gateway.port), await signIn(gateway.port)]

  // While requests are under way.
  const load = Array.from({ length: 20 }, () => call(gateway.port, 'GET', '/api/shop/x', { cookie: kept }))
  await good(run('backup', 'create', FILE))
  expect((await Promise.all(load)).every(({ status }) => status === 200)).toBe(true)

  await call(gateway.port, 'POST', '/auth/logout', { cookie: ended })
  await good(run('account', 'disable', 'bob'))
  await good(place.run(['account', 'set-password', 'cleo'], `${PASSWORD} which is new`))
  await good(run('machine-key', 'revoke', 'leaked'))
  await good(run('secret', 'revoke', 'shop-key', '--only', '1', '--yes'))
  await gateway.end('SIGKILL')

  const out = await good(run('backup', 'restore', '--replace', FILE))
  expect(out).toMatch(/accounts +1 closed again/)
  expect(out).toMatch(/machine keys +1 revoked again/)
  expect(out).toMatch(/secrets +1 revoked again/)
  expect(out).toMatch(/passwords +1 locked/)

  const { port } = await place.start()
  const byProgram = async (key: string) =>
    (await call(port, 'GET', '/api/shop/x', { from: 'none', headers: [['authorization', `Bearer ${key.trim()}`]] })).status
  const login = async (account: string, password: string) =>
    (await call(port, 'POST', '/auth/login', { json: { account, password } })).status
  for (const cookie of [kept, ended]) expect((await call(port, 'GET', '/api/shop/x', { cookie })).status).toBe(401)
  expect([await byProgram(lasting), await byProgram(leaked)]).toEqual([200, 401])
  expect([await login('bob', `${PASSWORD} of bob`), await login('cleo', `${PASSWORD} of cleo`)]).toEqual([401, 401])
  const again = await signIn(port)
  expect((await call(port, 'GET', '/api/shop/x', { cookie: again })).status).toBe(200)
  expect(place.upstream.requests.at(-1)?.header('authorization')).toBe(`Bearer ${SECRET}-two`)
  const secrets = JSON.parse(await good(run('secret', 'list', '--json'))) as { versions: { version: number; state: string }[] }[]
  expect(secrets[0]?.versions.map(({ version, state }) => `${version} ${state}`)).toEqual(['2 active', '1 revoked'])
  expect(await good(run('audit', 'verify'))).toMatch(/^The audit trail is whole/)
}, 120_000)

test('REV-08 with nothing known of what happened since the backup, no key of a program counts any more', async () => {
  const { place, store, run } = await installed()
  const key = await good(run('machine-key', 'add', 'report', '--allow', 'shop: GET /**'))
  await good(run('backup', 'create', FILE))
  rmSync(store, { recursive: true })
  expect(await good(run('backup', 'restore', FILE))).toMatch(/machine keys +1 revoked/)
  const first = await place.start()
  const status = async (port: number) =>
    (await call(port, 'GET', '/api/shop/x', { from: 'none', headers: [['authorization', `Bearer ${key.trim()}`]] })).status
  expect(await status(first.port)).toBe(401)
  await first.end('SIGTERM')

  rmSync(store, { recursive: true })
  await good(run('backup', 'restore', '--keep-machine-keys', FILE))
  expect(await status((await place.start()).port)).toBe(200)
}, 60_000)

test('a backup holds neither the key nor a name or value in the clear, and no session', async () => {
  const { place, run } = await installed()
  const { port } = await place.start()
  await signIn(port)
  await good(run('backup', 'create', FILE))
  const path = join(place.folder, FILE)
  const bytes = readFileSync(path)
  const key = readFileSync(join(place.folder, 'cloakroom.key'), 'utf8').split('\n')[1] ?? ''
  expect(key).toMatch(/^[\w-]{43}$/)
  for (const text of [key, Buffer.from(key, 'base64url'), 'ada', 'shop-key', 'SQLite format', SECRET])
    expect(bytes.includes(text)).toBe(false)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const canary = canaryOf(SECRET, 'bearer')
  expect(canary.find(place.folder)).toBeNull()

  mkdirSync(join(place.folder, 'elsewhere'))
  writeFileSync(
    join(place.folder, 'elsewhere.yaml'),
    readFileSync(join(place.folder, 'cloakroom.yaml'), 'utf8').replace('store: ./data', 'store: ./elsewhere'),
  )
  await good(run('backup', 'restore', '--config', 'elsewhere.yaml', FILE))
  const stores = openSqlite(join(place.folder, 'elsewhere'))
  expect(await stores.sessions.listAll(10)).toEqual([])
  expect((await stores.accounts.list()).map(({ name }) => name)).toEqual(['ada'])
  await stores.close()
}, 60_000)

test('a damaged backup, and one of another vault, is not restored, and nothing is changed', async () => {
  const { place, store, run } = await installed()
  await good(run('backup', 'create', FILE))
  const path = join(place.folder, FILE)
  const whole = readFileSync(path)
  renameSync(store, `${store}.away`)
  writeFileSync(path, whole.subarray(0, -1))
  const ran = await run('backup', 'restore', FILE)
  expect([ran.code, ran.err]).toEqual([74, expect.stringContaining('damaged')])
  expect(readdirSync(store)).toEqual([])
  writeFileSync(path, whole)
  const other = await install('canary-of-another-vault-2Hq')
  try {
    writeFileSync(join(other.folder, FILE), whole)
    expect((await other.run(['backup', 'verify', FILE])).err).toMatch(/not the key that closed this vault/)
  } finally {
    await other.remove()
  }
  expect(await good(run('backup', 'verify', FILE))).toMatch(/^The backup is good/)
}, 60_000)

test('a restore is refused while a gateway runs or over a store; a broken-off one keeps gateways out until it is run again', async () => {
  const { place, store, run } = await installed()
  const gateway = await place.start()
  await good(run('backup', 'create', FILE))
  expect(await run('backup', 'create', FILE)).toMatchObject({ code: 73 })
  expect(await run('backup', 'create', 'data/inside')).toMatchObject({ code: 73 })
  expect(await run('backup', 'restore', FILE)).toMatchObject({ code: 73 })
  const refused = await run('backup', 'restore', '--replace', FILE)
  expect([refused.code, refused.err]).toEqual([69, expect.stringContaining('has the store open')])
  expect((await call(gateway.port, 'GET', '/')).status).toBe(200)
  await gateway.end('SIGTERM')

  // As a kill between two renames leaves it.
  writeFileSync(join(store, 'restoring'), '')
  renameSync(join(store, 'hot.sqlite'), join(place.folder, 'moved'))
  await expect(place.start()).rejects.toThrow(/restore was broken off/)
  expect((await run('backup', 'restore', FILE)).err).toMatch(/broken off/)
  await good(run('backup', 'restore', '--replace', FILE))
  expect(readdirSync(store).filter((name) => name.startsWith('before-'))).toHaveLength(1)
  expect(existsSync(join(store, 'restoring'))).toBe(false)
  await signIn((await place.start()).port)
}, 60_000)

test('the restore drill of docs/backup.md works as it stands there', async () => {
  const { place } = await installed()
  const page = readFileSync(join(import.meta.dirname, '../../../../docs/backup.md'), 'utf8')
  const drill = /^```sh drill\n([\s\S]*?)^```/m.exec(page)?.[1] ?? ''
  expect(drill.split('\n').filter((line) => line.startsWith('cloakroom ')).length).toBeGreaterThan(5)
  const gateway = await place.start()
  mkdirSync(join(place.folder, 'bin'))
  const command = join(place.folder, 'bin/cloakroom')
  writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' --conditions=source '${MAIN}' "$@"\n`)
  chmodSync(command, 0o755)
  // One after the other, in a shell that stops at the first that fails.
  const env = { ...process.env, PATH: `${join(place.folder, 'bin')}:${process.env['PATH'] ?? ''}` }
  const ran = spawnSync('sh', ['-eu', '-c', drill], { cwd: place.folder, env, encoding: 'utf8', timeout: 60_000 })
  expect([ran.status, ran.stderr]).toEqual([0, ''])
  expect(ran.stdout).toContain('The backup is good.')
  expect(ran.stdout).toContain('The audit trail is whole')
  expect(existsSync(join(place.folder, 'drill'))).toBe(false)
  expect((await call(gateway.port, 'GET', '/')).status).toBe(200)
}, 90_000)

test('with the key file lost the recovery passphrase opens a backup, and makes a new key', async () => {
  const { place, store, run } = await installed()
  const made = await run('secret', 'rekey', '--new-recovery')
  const phrase = /[0-9a-z]{4}(?:-[0-9a-z]{4}){6}/.exec(made.err)?.[0] ?? ''
  await good(run('backup', 'create', FILE))
  rmSync(store, { recursive: true })
  rmSync(join(place.folder, 'cloakroom.key'))
  expect((await run('backup', 'restore', FILE)).code).toBe(78)
  expect((await place.run(['backup', 'verify', '--recover', FILE], phrase)).out).toMatch(/^The backup is good/)
  await good(place.run(['backup', 'restore', '--recover', FILE], phrase))
  await good(place.run(['secret', 'rekey', '--recover'], phrase))
  await signIn((await place.start()).port)
}, 60_000)

test('REV-08 hot.sqlite put back alone, with the sessions that were ended since, is noticed as well', async () => {
  const { place, store, run } = await installed()
  place.edit((text) => text.replace(/^vault: .*$/m, 'vault: { key: { file: ./cloakroom.key }, mark: ./cloakroom.mark }'))
  const first = await place.start()
  const cookie = await signIn(first.port)
  await first.end('SIGTERM')
  cpSync(join(store, 'hot.sqlite'), join(place.folder, 'hot.copy'))
  // The gateway's own doing, and marked at its end.
  const second = await place.start()
  expect((await call(second.port, 'POST', '/auth/logout', { cookie, json: {} })).status).toBe(204)
  await second.end('SIGTERM')
  for (const end of ['', '-wal', '-shm']) rmSync(join(store, `hot.sqlite${end}`), { force: true })
  renameSync(join(place.folder, 'hot.copy'), join(store, 'hot.sqlite'))
  await expect(place.start()).rejects.toThrow(/ended with 78.*older than it was/s)
  // No command makes that the state of things.
  await good(run('session', 'list'))
  await expect(place.start()).rejects.toThrow(/ended with 78/)
}, 120_000)

test('REV-08 with a mark outside of the store, an older copy that was put back by hand is refused; a restore is not', async () => {
  const { place, store, run } = await installed()
  place.edit((text) => text.replace(/^vault: .*$/m, 'vault: { key: { file: ./cloakroom.key }, mark: ./cloakroom.mark }'))
  const first = await place.start()
  const cookie = await signIn(first.port)
  await good(run('backup', 'create', FILE))
  await first.end('SIGTERM')
  cpSync(store, `${store}.copy`, { recursive: true })

  // Nothing but a command: what it revoked is marked when it has said so.
  await good(run('session', 'end', '--account', 'ada'))
  rmSync(store, { recursive: true })
  renameSync(`${store}.copy`, store)
  await expect(place.start()).rejects.toThrow(/ended with 78.*older than it was/s)
  expect((await run('session', 'list')).code).toBe(0)
  await expect(place.start()).rejects.toThrow(/ended with 78/)

  await good(run('backup', 'restore', '--replace', FILE))
  const second = await place.start()
  expect((await call(second.port, 'GET', '/api/shop/x', { cookie })).status).toBe(401)
  await second.end('SIGKILL')
  await (await place.start()).end('SIGTERM')

  const mark = join(place.folder, 'cloakroom.mark')
  writeFileSync(mark, '{"vaultId":"another","seq":1,"hash":""}')
  await expect(place.start()).rejects.toThrow(/not the one that was here/)
  writeFileSync(mark, 'torn')
  await expect(place.start()).rejects.toThrow(/cannot be read/)
  rmSync(mark)
  await (await place.start()).end('SIGTERM')
  expect(JSON.parse(readFileSync(mark, 'utf8'))).toMatchObject({ hash: expect.stringMatching(/^[0-9a-f]{64}$/) })
  place.edit((text) => text.replace('./cloakroom.mark', './data/cloakroom.mark'))
  await expect(place.start()).rejects.toThrow(/lies in/)
}, 120_000)
