import { randomBytes } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { memoryStores } from '../../src/store/memory.ts'
import { openSqlite } from '../../src/store/sqlite/open.ts'
import type { Stores, VaultStore } from '../../src/store/store.ts'
import { openVault } from '../../src/vault/vault.ts'
import { addSecret, createKit, NOW, rotateSecret, rowOf, SHOP, valueOf } from '../vault-kit.ts'

const NAMES = Array.from({ length: 40 }, (_, at) => `key-${at}`)

const STORES: readonly (readonly [string, (folder: string) => Stores])[] = [
  ['in memory', () => memoryStores()],
  ['in SQLite', openSqlite],
]

test.each(STORES)(
  'VLT-05 while two processes rotate and rekey, every call gets a version that is good at that moment (%s)',
  async (_, makeStores) => {
    const folder = await mkdtemp(join(tmpdir(), 'under-load-'))
    const stores = makeStores(folder)
    onTestFinished(async () => {
      await stores.close()
      await rm(folder, { recursive: true })
    })
    const kit = await createKit(stores.vault)
    const [gateway, other, command] = [await kit.open(), await kit.open(), await kit.open()]
    for (const name of NAMES) await addSecret(command, name, `value-of-${name}-v1`)

    const load = { running: true, opened: 0, versions: new Set<string>() }
    const newest = new Map(NAMES.map((name) => [name, 1]))
    async function calls(): Promise<void> {
      for (let at = 0; load.running; at++) {
        const name = NAMES[at % NAMES.length]!
        const acknowledged = newest.get(name) ?? 0
        const opened = await gateway.open(name, SHOP, NOW + at)
        await turn()
        const [, version] = /^value-of-.*-v(\d+)$/.exec(Buffer.from(opened.secret.reveal()).toString()) ?? []
        opened.release()
        // Not zeroed under a call's hands, and no version from before a rotation that was acknowledged before the call.
        expect(Number(version)).toBeGreaterThanOrEqual(acknowledged)
        load.opened++
        load.versions.add(version!)
      }
    }
    async function rotateAll(round: number): Promise<void> {
      for (const name of NAMES) {
        await rotateSecret(other, name, `value-of-${name}-v${round}`)
        newest.set(name, round)
        await turn()
      }
    }
    const loads = [calls(), calls(), calls()]

    const progress: number[] = []
    for (let round = 2; round <= 4; round++) {
      await Promise.all([rotateAll(round), command.rekey({}, NOW, (done) => progress.push(done))])
    }
    const last = await command.rekey({}, NOW)
    load.running = false
    await Promise.all(loads)

    expect(load.opened).toBeGreaterThan(100)
    expect(load.versions.size).toBeGreaterThan(1)
    expect(progress.length).toBeGreaterThan(3)
    expect(last).toEqual({ generation: 5, resealed: NAMES.length * 4 })
    for (const name of NAMES) expect((await rowOf(kit.store, name, 4)).sealed).toMatch(/^ck1\.5\./)
    for (const vault of [gateway, other, command]) vault.close()
  },
)

test('VLT-05 a rekey that read a record before its revocation does not bring it back', async () => {
  const stores = memoryStores()
  const kit = await createKit(stores.vault)
  const command = await kit.open()
  await addSecret(command, 'shop-key', 'the-leaked-value')
  const revoking = await kit.open()
  let written = 0
  const between: VaultStore = {
    ...stores.vault,
    async writeRecords(rows, onlyIf) {
      if (written++ === 0) await revoking.revoke('shop-key', null, NOW)
      return stores.vault.writeRecords(rows, onlyIf)
    },
  }
  const rekeying = await openVault(between, kit.main, { clock: () => NOW, random: randomBytes })
  expect(await rekeying.rekey({}, NOW)).toMatchObject({ generation: 2 })
  expect(written).toBeGreaterThan(0)
  await expect(valueOf(rekeying, 'shop-key')).rejects.toThrow(/revoked/)
  expect((await rowOf(kit.store, 'shop-key')).sealed).toBe('')
})

test('VLT-05 a rekey that ended half way goes on where it was, in the same generation', async () => {
  const stores = memoryStores()
  const kit = await createKit(stores.vault)
  const vault = await kit.open()
  for (const name of NAMES) await addSecret(vault, name, `value-of-${name}`)
  let writes = 0
  const failing: VaultStore = {
    ...stores.vault,
    writeRecords(rows, onlyIf) {
      if (++writes === 2) throw new Error('the disk is full')
      return stores.vault.writeRecords(rows, onlyIf)
    },
  }
  const interrupted = await openVault(failing, kit.main, { clock: () => NOW, random: randomBytes })
  await expect(interrupted.rekey({}, NOW)).rejects.toThrow(/the disk is full/)
  const again = await kit.open()
  for (const name of NAMES) expect(Buffer.from((await again.open(name, SHOP, NOW)).secret.reveal()).toString()).toBe(`value-of-${name}`)
  expect(await again.rekey({}, NOW)).toEqual({ generation: 2, resealed: NAMES.length - 32 })
  expect(await again.rekey({}, NOW)).toEqual({ generation: 3, resealed: NAMES.length })
})
