import { expect, test } from 'vitest'
import type { RecordRow } from '../../src/store/store.ts'
import { LEDGER_NAME } from '../../src/vault/ledger.ts'
import type { OpenFailure } from '../../src/vault/open-failure.ts'
import { addSecret, createKit, NOW, rotateSecret, rowOf, SHOP, valueOf, type VaultKit } from '../vault-kit.ts'

/** Three credentials, one of them with two versions. */
async function makeKit(): Promise<VaultKit> {
  const kit = await createKit()
  const vault = await kit.open()
  for (const name of ['shop-key', 'mail-key', 'map-key']) await addSecret(vault, name, `value-of-${name}-1`)
  await rotateSecret(vault, 'shop-key', 'value-of-shop-key-2', 60_000)
  return kit
}

test('VLT-03 any two records whose sealed texts are exchanged in the database open nothing, in a running gateway and after a restart', async () => {
  const kit = await makeKit()
  const rows = (await kit.store.records()).filter((row) => row.name !== LEDGER_NAME)
  expect(rows).toHaveLength(4)
  for (const one of rows) {
    for (const other of rows) {
      if (one === other) continue
      const running = await kit.open()
      await kit.store.writeRecords([
        { ...one, sealed: other.sealed },
        { ...other, sealed: one.sealed },
      ])
      for (const vault of [running, await kit.open()]) {
        for (const { name, version } of [one, other]) {
          if (name === 'shop-key' && version === 1) continue
          await expect(valueOf(vault, name)).rejects.toThrow(/the database was changed/)
        }
        vault.close()
      }
      await kit.store.writeRecords(rows)
    }
  }
  const vault = await kit.open()
  expect(await valueOf(vault, 'shop-key')).toBe('value-of-shop-key-2')
})

test('VLT-03 a record with any one byte changed opens nothing', async () => {
  const kit = await makeKit()
  const row = await rowOf(kit.store, 'mail-key')
  const vault = await kit.open()
  for (let at = 0; at < row.sealed.length; at++) {
    const byte = row.sealed[at] === 'A' ? 'B' : 'A'
    await kit.store.writeRecords([{ ...row, sealed: row.sealed.slice(0, at) + byte + row.sealed.slice(at + 1) }])
    await expect(valueOf(vault, 'mail-key'), `byte ${at}`).rejects.toThrow(/credential_unavailable/)
  }
  await kit.store.writeRecords([row])
  expect(await valueOf(vault, 'mail-key')).toBe('value-of-mail-key-1')
})

test('VLT-03 a ledger with any one byte changed, removed, or taken from a record closes the whole vault', async () => {
  const kit = await makeKit()
  const ledger = await rowOf(kit.store, LEDGER_NAME, 0)
  const running = await kit.open()
  const others = [ledger.sealed.slice(0, -1), '', (await rowOf(kit.store, 'mail-key')).sealed]
  for (let at = 0; at < ledger.sealed.length; at += 7) {
    others.push(ledger.sealed.slice(0, at) + (ledger.sealed[at] === 'A' ? 'B' : 'A') + ledger.sealed.slice(at + 1))
  }
  for (const sealed of others) {
    await kit.store.writeRecords([{ ...ledger, sealed }])
    await expect(valueOf(running, 'map-key')).rejects.toThrow(/changed by something other than Cloakroom/)
    await expect(kit.open()).rejects.toThrow(/changed by something other than Cloakroom/)
  }
})

test('VLT-03 a record of another vault opens nothing, even one of the same name, version and key', async () => {
  const [kit, other] = [await makeKit(), await makeKit()]
  await kit.store.writeRecords([await rowOf(other.store, 'mail-key')])
  await expect(valueOf(await kit.open(), 'mail-key')).rejects.toThrow(/the database was changed/)
})

test('VLT-03 the attempt is told to whoever keeps the audit trail, once, and without any value', async () => {
  const kit = await makeKit()
  const failures: OpenFailure[] = []
  const vault = await kit.open({ onFailure: (failure) => failures.push(failure) })
  const moved: RecordRow = { ...(await rowOf(kit.store, 'mail-key')), sealed: (await rowOf(kit.store, 'map-key')).sealed }
  await kit.store.writeRecords([moved])
  for (let call = 0; call < 10; call++) await expect(valueOf(vault, 'mail-key', NOW + call)).rejects.toThrow()
  expect(failures).toMatchObject([{ name: 'mail-key', origin: SHOP, at: NOW, reason: 'record_altered' }])
  expect(JSON.stringify(failures)).not.toContain('value-of')
})
