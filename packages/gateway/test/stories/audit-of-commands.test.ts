import { chmodSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { AUDIT_LINE, BY_COMMAND } from '../audit-kinds.ts'
import { canaryOf } from '../canary.ts'
import { type ChildGateway, initiated, startChild } from '../child-gateway.ts'
import { cloakroom, type emptyFolder } from '../cli/run.ts'
import { startUpstream, type Upstream } from '../upstream.ts'

const SECRET = 'canary-commands-8Qw2Lm4ZkX9'
const PASSWORD = 'canary correct horse battery'
const canary = canaryOf(SECRET, 'bearer')

let upstream: Upstream
let folder: ReturnType<typeof emptyFolder>
let gateway: ChildGateway | null = null

/** Every command once; each must have left its line when the gateway has ended. */
beforeAll(async () => {
  upstream = await startUpstream()
  folder = await initiated(upstream.origin, SECRET)
  const run = async (args: readonly string[], input = '', expected = 0): Promise<void> => {
    const ran = await cloakroom(args, { cwd: folder.path, input })
    canary.watch(args.join(' '), Buffer.from(ran.out + ran.err))
    if (ran.code !== expected) throw new Error(`${args.join(' ')}: ${ran.code} ${ran.err}`)
  }
  await run(['account', 'add', 'ada'], PASSWORD)
  await run(['secret', 'add', 'other-key', '--origin', upstream.origin, '--place', 'bearer'], `${SECRET}-other`)
  gateway = await startChild(folder.path)
  const config = join(folder.path, 'cloakroom.yaml')
  const good = readFileSync(config, 'utf8')
  writeFileSync(config, `${good}nonsense: 1\n`)
  gateway.child.kill('SIGHUP')
  await vi.waitUntil(() => gateway?.printed().includes('nonsense'), { interval: 50, timeout: 10_000 })
  writeFileSync(config, good)
  await run(['account', 'disable', 'ada'])
  await run(['account', 'enable', 'ada'])
  await run(['account', 'set-password', 'ada'], `${PASSWORD} again`)
  await run(['account', 'force-reset', 'ada'])
  await run(['account', 'set-mail', 'ada', 'ada@example.com'])
  await run(['account', 'export', 'ada'])
  await run(['account', 'add', 'bob'], PASSWORD)
  await run(['account', 'erase', 'bob', '--yes'])
  await run(['machine-key', 'add', 'report', '--allow', 'shop: GET /**'])
  await run(['machine-key', 'revoke', 'report'])
  await run(['secret', 'honey'])
  await run(['ban', 'add', '198.51.100.7', '--for', '1h'])
  await run(['ban', 'lift', '198.51.100.7'])
  const jwt = 'access: { jwt: { issuer: https://id.example.com, audience: shop, keys: https://id.example.com/jwks.json } }'
  writeFileSync(config, good.replace(/access: login/, jwt))
  await run(['session', 'end', '--subject', 'partner-7'])
  await run(['session', 'end', '--jwt', 'j-1'])
  writeFileSync(config, good)
  await run(['session', 'end', '--all'])
  await run(['secret', 'rotate', 'shop-key'], `${SECRET}-next`)
  await run(['secret', 'revoke', 'other-key', '--yes'])
  await run(['secret', 'disable', 'shop-key', '--reason', 'a drill'])
  await run(['secret', 'enable', 'shop-key'])
  await run(['signing-key', 'add', 'shop-sign', '--origin', upstream.origin])
  await run(['signing-key', 'rotate', 'shop-sign'])
  await run(['signing-key', 'revoke', 'shop-sign', '--yes'])
  await run(['secret', 'rekey'])
  await run(['panic', '--reason', 'a drill', '--yes'])
  await run(['panic', '--lift', '--reason', 'the drill is over', '--yes'])
  await run(['backup', 'create', 'saved.cloakroom'])
  canary.watch('what the gateway printed', gateway.printed)
  expect(await gateway.end('SIGTERM')).toBe(0)
  await run(['backup', 'restore', '--replace', 'saved.cloakroom'])
  const key = join(folder.path, 'cloakroom.key')
  // Not the last letter: a change of its spare bits would leave the key as it was.
  const kept = readFileSync(key, 'utf8')
  writeFileSync(
    key,
    kept.replace(/[A-Za-z0-9_-](?=[A-Za-z0-9_-]{8}[^A-Za-z0-9_-]*$)/, (last) => (last === 'A' ? 'B' : 'A')),
  )
  chmodSync(key, 0o600)
  const refused = await cloakroom(['secret', 'list'], { cwd: folder.path })
  expect(refused.code).not.toBe(0)
  writeFileSync(key, kept)
}, 300_000)
afterAll(async () => {
  if (gateway !== null && gateway.child.exitCode === null) await gateway.end('SIGKILL')
  await upstream?.close()
  folder?.remove()
})

/** The restore has put one trail aside and begun another. */
const lines = (): readonly Record<string, unknown>[] =>
  globSync('data/**/audit.jsonl*', { cwd: folder.path })
    .flatMap((file) => readFileSync(join(folder.path, file), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

const TARGETS: Partial<Record<(typeof BY_COMMAND)[number], string>> = {
  'account.added': 'ada',
  'account.disabled': 'ada',
  'account.enabled': 'ada',
  'account.password_set': 'ada',
  'account.reset_forced': 'ada',
  'account.mail_set': 'ada',
  'key.added': 'shop-sign',
  'key.rotated': 'shop-sign',
  'key.revoked': 'shop-sign',
  'jwt.revoked': 'partner-7',
  'secret.added': 'other-key',
  'secret.rotated': 'shop-key',
  'secret.revoked': 'other-key',
  'credential.disabled': 'shop-key',
  'credential.enabled': 'shop-key',
}

test.each(BY_COMMAND.map((kind) => [kind]))('LOG-01 LOG-02 %s: the command left its line', (kind) => {
  const found = lines().filter((line) => line['kind'] === kind)
  expect(found.length).toBeGreaterThan(0)
  for (const line of found) expect(line).toEqual(AUDIT_LINE)
  if (!kind.startsWith('config.')) expect(found[0]).toMatchObject({ actor: { via: 'command' } })
  if (TARGETS[kind] !== undefined) expect(found.map(({ target }) => target)).toContain(TARGETS[kind])
})

test('LOG-03 VLT-06 VLT-01 neither the files nor anything that a command or the gateway printed holds the secret or the password', () => {
  expect(canary.find(folder.path)).toBeNull()
  const passwords = canaryOf(PASSWORD, 'bearer')
  passwords.watch('what the gateway printed', gateway?.printed ?? (() => ''))
  expect(passwords.find(folder.path)).toBeNull()
  expect(gateway?.printed()).toContain('"origin"')
})
