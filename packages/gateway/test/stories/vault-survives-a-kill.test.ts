import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { openSqlite } from '../../src/store/sqlite/open.ts'
import { createVault } from '../../src/vault/create.ts'
import { createKeyFile, fileKey } from '../../src/vault/keys/file.ts'
import { openVault } from '../../src/vault/vault.ts'
import { addSecret, NOW, quickKey, SHOP } from '../vault-kit.ts'

const NAMES = Array.from({ length: 70 }, (_, at) => `key-${at}`)
const CHANGER = fileURLToPath(import.meta.resolve('../children/vault-changer.ts'))

/** Runs the changer until it has said so many lines, then kills it in whatever it is doing. What it had acknowledged: name → version. */
async function changeUntilKilled(folder: string, keyFile: string, lines: number): Promise<ReadonlyMap<string, number>> {
  const child = spawn(process.execPath, ['--conditions=source', CHANGER, folder, keyFile], { stdio: ['ignore', 'pipe', 'inherit'] })
  const gone = once(child, 'exit')
  const acknowledged = new Map<string, number>()
  let said = 0
  for await (const line of createInterface({ input: child.stdout })) {
    const [word, name = '', version = ''] = line.split(' ')
    if (word === 'rotated') acknowledged.set(name, Number(version))
    if (++said === lines) child.kill('SIGKILL')
  }
  expect(await gone).toEqual([null, 'SIGKILL'])
  return acknowledged
}

test('VLT-05 killed in the middle of a rekey, a rotation or a revocation, everything opens afterwards and the work can be finished', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'killed-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const keyFile = join(folder, 'vault.key')
  const data = join(folder, 'data')
  await createKeyFile(keyFile, { outside: [data] })
  const first = openSqlite(data)
  await createVault(first.vault, { main: fileKey(keyFile), recovery: quickKey(), at: NOW, random: randomBytes })
  const vault = await openVault(first.vault, fileKey(keyFile), { clock: () => NOW, random: randomBytes })
  for (const name of NAMES) await addSecret(vault, name, `value-of-${name}-v1`)
  vault.close()
  await first.close()

  const generations = new Set<string>()
  let versions = 0
  // After the first batches of a rekey, between rekey and rotation, and at several places in the rotations and revocations.
  for (const lines of [1, 2, 3, 4, 17, 90, 146, 151]) {
    const acknowledged = await changeUntilKilled(data, keyFile, lines)
    const stores = openSqlite(data)
    const now = Date.now() + 1000
    const survivor = await openVault(stores.vault, fileKey(keyFile, { outside: [data] }), { clock: () => now, random: randomBytes })
    for (const { name, versions: known } of await survivor.list()) {
      const newest = known[0]?.version ?? 0
      versions = Math.max(versions, newest)
      expect(newest, `${name} after ${lines} lines`).toBeGreaterThanOrEqual(acknowledged.get(name) ?? 1)
      const opened = await survivor.open(name, SHOP, now)
      expect(Buffer.from(opened.secret.reveal()).toString()).toBe(`value-of-${name}-v${newest}`)
      opened.release()
    }
    for (const row of await stores.vault.records()) generations.add(`${lines} ${row.sealed.split('.')[1]}`)
    if (lines === 146) {
      const finished = await survivor.rekey({}, now)
      const left = (await stores.vault.records()).filter(
        (row) => row.sealed !== '' && !row.sealed.startsWith(`ck1.${finished.generation}.`),
      )
      expect(left).toEqual([])
    }
    survivor.close()
    await stores.close()
  }
  expect(versions).toBeGreaterThan(1)
  // The kills did hit rekeys that were half done: records of two generations lay side by side.
  expect([1, 2].some((lines) => [...generations].filter((each) => each.startsWith(`${lines} `)).length > 1)).toBe(true)
}, 60_000)
