import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { chainKey } from '../../src/audit/chain-key.ts'
import { chainSeal } from '../../src/audit/chain-seal.ts'
import { auditEvent } from '../../src/audit/event.ts'
import { PURPOSES } from '../../src/purposes.ts'
import { openSqlite } from '../../src/store/sqlite/open.ts'
import { fileKey } from '../../src/vault/keys/file.ts'
import { openVault } from '../../src/vault/vault.ts'
import { cloakroom, emptyFolder, installation } from './run.ts'

const PASSWORD = 'correct horse battery staple'
const DAY = 86_400_000

let model: Awaited<ReturnType<typeof installation>>
let folder: ReturnType<typeof emptyFolder>
beforeAll(async () => {
  model = await installation('canary-secret-of-the-audit-tests')
})
afterAll(() => model.remove())
const fresh = () => {
  folder = model.copy()
  return folder.path
}
afterEach(() => folder.remove())
const run = (...args: string[]) => cloakroom(['audit', ...args], { cwd: folder.path })
const sql = (text: string): void => {
  const db = new DatabaseSync(join(folder.path, 'data/durable.sqlite'))
  db.exec(text)
  db.close()
}

test('LOG-05 audit verify holds for a new installation and prints the end and the key to keep elsewhere', async () => {
  fresh()
  const ran = await run('verify')
  expect(ran).toMatchObject({ code: 0, err: '' })
  expect(ran.out).toMatch(/^The audit trail is whole: 2 entries\.\nhead {2}2:[0-9a-f]{64}\nkey {3}[\w-]{43}\n$/)
})

test('LOG-05 LOG-02 commands that run at the same time write one chain', async () => {
  const cwd = fresh()
  const names = ['ada', 'bob', 'cyd', 'dee', 'eve', 'fay']
  const added = await Promise.all(names.map((name) => cloakroom(['account', 'add', name], { cwd, input: PASSWORD })))
  expect(added.map(({ code }) => code)).toEqual(names.map(() => 0))
  expect(JSON.parse((await run('verify', '--json')).out)).toMatchObject({ whole: true, entries: 8, vouched: 8, head: { seq: 8 } })
})

test('LOG-05 a changed entry is named, with exit code 1, also as JSON', async () => {
  fresh()
  sql("UPDATE audit SET event = replace(event, 'shop', 'shap') WHERE seq = 2")
  const ran = await run('verify')
  expect(ran).toMatchObject({ code: 1, out: '' })
  expect(ran.err).toContain('The first entry that does not fit is entry 2: its event is not the one that was written.')
  const json = JSON.parse((await run('verify', '--json')).out) as { error: { problems: unknown } }
  expect(json.error.problems).toMatchObject({ whole: false, fault: { seq: 2, what: 'altered' } })
})

test('LOG-05 a store that was put back whole is found out by an end that was noted before', async () => {
  const cwd = fresh()
  const { out } = await run('verify', '--json')
  const early = JSON.parse(out) as { head: { seq: number; hash: string } }
  await cloakroom(['account', 'add', 'ada'], { cwd, input: PASSWORD })
  const late = JSON.parse((await run('verify', '--json')).out) as typeof early
  expect((await run('verify', '--head', `${early.head.seq}:${early.head.hash}`)).code).toBe(0)
  folder.remove()
  fresh()
  const ran = await run('verify', '--head', `${late.head.seq}:${late.head.hash}`)
  expect(ran.code).toBe(1)
  expect(ran.err).toContain('entry 3 is not the one that you noted')
  expect((await run('verify', '--head', '3')).code).toBe(64)
})

test('LOG-05 an export is checked on another machine with the public key alone, line by line', async () => {
  const cwd = fresh()
  for (const name of ['ada', 'bob', 'cyd']) await cloakroom(['account', 'add', name], { cwd, input: PASSWORD })
  const text = (await run('export')).out
  const { publicKey } = JSON.parse((await run('verify', '--json')).out) as { publicKey: string }
  const elsewhere = emptyFolder()
  const check = async (lines: readonly string[]) => {
    writeFileSync(join(elsewhere.path, 'trail.jsonl'), lines.join('\n'))
    return await cloakroom(['audit', 'verify', '--file', 'trail.jsonl', '--public-key', publicKey], { cwd: elsewhere.path })
  }
  const lines = text.split('\n')
  const moved = [...lines]
  moved.splice(3, 0, ...moved.splice(2, 1))
  try {
    expect(await check(lines)).toMatchObject({ code: 0, out: expect.stringContaining('whole: 5 entries') })
    const bad = [
      [lines.map((line) => line.replace('"bob"', '"bot"')), 'entry 4: its event is not'],
      [lines.toSpliced(2, 1), 'entry 2: it is missing'],
      [lines.toSpliced(4, 0, lines[1] ?? ''), 'entry 1: it was deleted when its time was over, and is there again'],
      [moved, 'entry 2: it is missing'],
      [lines.toSpliced(5, 1), 'entry 5: it is missing'],
    ] as const
    for (const [changed, says] of bad) expect(await check(changed)).toMatchObject({ code: 1, err: expect.stringContaining(says) })
    expect(await check(['{"format":"other"}'])).toMatchObject({ code: 1, err: expect.stringContaining('no export') })
    expect(await check([lines[0] ?? '', '{'])).toMatchObject({ code: 1, err: expect.stringContaining('Line 2') })
  } finally {
    elsewhere.remove()
  }
  writeFileSync(join(cwd, 'trail.jsonl'), text)
  expect(await run('verify', '--file', 'trail.jsonl')).toMatchObject({ code: 0 })
  expect(await run('verify', '--file', 'trail.jsonl', '--public-key', `${publicKey.slice(0, -2)}AA`)).toMatchObject({
    code: expect.toSatisfy(Boolean),
  })
})

test('LOG-09 audit prune deletes what is over by category, says so in the trail, and the chain verifies', async () => {
  const cwd = fresh()
  await writeOld(cwd)
  const config = join(cwd, 'cloakroom.yaml')
  writeFileSync(config, `${readFileSync(config, 'utf8')}audit: { retention: { refusals: 7d, signIns: 100d } }\n`)
  const dry = await run('prune', '--dry-run', '--json')
  expect(JSON.parse(dry.out)).toMatchObject({ dryRun: true, refusals: 59, signIns: 20, operation: 0, changes: 0 })
  const ran = await run('prune', '--json')
  expect(JSON.parse(ran.out)).toMatchObject({ dryRun: false, refusals: 59, signIns: 20, operation: 0, changes: 0, left: 44 })
  expect(JSON.parse((await run('verify', '--json')).out)).toMatchObject({ whole: true, entries: 44, cut: 79 })
  const [newest] = JSON.parse((await run('tail', '--json', '-n', '1')).out) as readonly Record<string, unknown>[]
  expect(newest).toMatchObject({ kind: 'audit.pruned', actor: { via: 'command' }, detail: { refusals: 59, signIns: 20 } })
  sql('DELETE FROM audit WHERE seq = 121')
  expect((await run('verify')).err).toContain('entry 121: it is missing')
})

test('audit tail shows the newest last, filters, and refuses what is no number', async () => {
  const cwd = fresh()
  await cloakroom(['account', 'add', 'ada'], { cwd, input: PASSWORD })
  expect((await run('tail')).out.split('\n').map((line) => line.split('  ')[2])).toEqual([
    'vault.created',
    'secret.added',
    'account.added',
    undefined,
  ])
  expect((await run('tail', '--kind', 'account.added')).out).toMatch(/^3 {2}\S+Z {2}account\.added {2}ok {2}command {2}ada\n$/)
  expect((await run('tail', '--account', 'nobody')).out).toBe('Nothing is in it.\n')
  expect((await run('tail', '-n', 'many')).code).toBe(64)
})

/** A hundred and twenty entries of 200 days down to 80: refusals at the one end, logins, changes of an account at the other. */
async function writeOld(cwd: string): Promise<void> {
  const stores = openSqlite(join(cwd, 'data'))
  const vault = await openVault(stores.vault, fileKey(join(cwd, 'cloakroom.key'), { outside: [] }), {
    clock: Date.now,
    random: randomBytes,
  })
  const seal = chainSeal(chainKey(vault.deriveKey(PURPOSES.auditChain)), Date.now)
  const kinds = ['request.refused', 'login.failed', 'account.disabled', 'request.refused'] as const
  // The last entry always stays: one refusal fewer goes than there are.
  for (let n = 0; n < 120; n++) {
    const at = Date.now() - (n % 4 === 1 && n >= 80 ? 50 : 150) * DAY
    await stores.audit.append([auditEvent({ kind: kinds[n % 4] ?? 'logout', at, target: `t-${n}` })], { random: randomBytes, seal })
  }
  vault.close()
  await stores.close()
}
