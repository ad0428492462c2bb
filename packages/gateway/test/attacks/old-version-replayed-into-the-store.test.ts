import { expect, test } from 'vitest'
import type { RecordRow } from '../../src/store/store.ts'
import { LEDGER_NAME } from '../../src/vault/ledger.ts'
import { openVault } from '../../src/vault/vault.ts'
import { addSecret, createKit, NOW, rotateSecret, rowOf, SHOP, valueOf } from '../vault-kit.ts'

const HOUR_MS = 3_600_000

test('VLT-09 a revoked version stays revoked when its row is put back from a copy of the database', async () => {
  const kit = await createKit()
  const vault = await kit.open()
  await addSecret(vault, 'shop-key', 'the-leaked-value')
  const old = await rowOf(kit.store, 'shop-key')
  await rotateSecret(vault, 'shop-key', 'the-value-that-counts', HOUR_MS)
  await vault.revoke('shop-key', 1, NOW)
  expect((await rowOf(kit.store, 'shop-key')).sealed).toBe('')

  await kit.store.writeRecords([old])
  for (const opened of [vault, await kit.open()]) {
    expect(await valueOf(opened, 'shop-key')).toBe('the-value-that-counts')
  }
  await vault.revoke('shop-key', 2, NOW)
  await kit.store.writeRecords([old])
  await expect(valueOf(vault, 'shop-key')).rejects.toThrow(/all its versions are revoked/)
  await expect(valueOf(await kit.open(), 'shop-key')).rejects.toThrow(/all its versions are revoked/)
})

test('VLT-09 a column that says active does not bring a revoked version back: its ciphertext is gone', async () => {
  const kit = await createKit()
  const vault = await kit.open()
  await addSecret(vault, 'shop-key', 'the-leaked-value')
  await vault.revoke('shop-key', null, NOW)
  const row = await rowOf(kit.store, 'shop-key')
  expect(row).toMatchObject({ state: 'revoked', sealed: '' })
  await kit.store.writeRecords([{ ...row, state: 'active' }])
  for (const opened of [vault, await kit.open()]) {
    await expect(valueOf(opened, 'shop-key')).rejects.toThrow(/all its versions are revoked/)
    expect((await opened.list())[0]?.versions[0]?.state).toBe('revoked')
  }
})

test('VLT-09 an end that is taken out of the columns still ends the version, and a beginning still holds it back', async () => {
  const kit = await createKit()
  const vault = await kit.open()
  await addSecret(vault, 'ends', 'value-that-ends-', { notAfter: NOW + HOUR_MS })
  await addSecret(vault, 'begins', 'value-that-begins', { notBefore: NOW + HOUR_MS })
  const free = { notBefore: null, notAfter: null, state: 'active' } as const
  await kit.store.writeRecords([
    { ...(await rowOf(kit.store, 'ends')), ...free },
    { ...(await rowOf(kit.store, 'begins')), ...free },
  ])
  for (const opened of [vault, await kit.open()]) {
    await expect(valueOf(opened, 'ends', NOW + HOUR_MS)).rejects.toThrow(/its last version has ended/)
    await expect(valueOf(opened, 'begins', NOW)).rejects.toThrow(/has not begun/)
  }
})

test('VLT-03 the record from before a rekey does not open any more, though it is genuine', async () => {
  const kit = await createKit()
  const vault = await kit.open()
  await addSecret(vault, 'shop-key', 'value-of-shop-key')
  const old = await rowOf(kit.store, 'shop-key')
  await vault.rekey({}, NOW)
  await kit.store.writeRecords([old])
  await expect(valueOf(vault, 'shop-key')).rejects.toThrow(/the database was changed/)
})

test('VLT-03 a vault that is put back as a whole is refused by a gateway that has seen a newer one, until it is restarted', async () => {
  const kit = await createKit()
  const vault = await kit.open()
  await addSecret(vault, 'shop-key', 'the-leaked-value')
  const copy: readonly RecordRow[] = await kit.store.records()
  await rotateSecret(vault, 'shop-key', 'the-value-that-counts')
  await vault.revoke('shop-key', 1, NOW)
  await kit.store.writeRecords(copy)
  await expect(valueOf(vault, 'shop-key')).rejects.toThrow(/an older copy of it was put in its place; if you restored a backup, restart/)
  await expect(vault.list()).rejects.toThrow(/an older copy/)
})

test('VLT-03 a vault of the same age but another history is refused, too', async () => {
  const kit = await createKit()
  const vault = await kit.open()
  await addSecret(vault, 'shop-key', 'value-of-shop-key')
  const copy = await kit.store.records()
  await rotateSecret(vault, 'shop-key', 'the-value-that-counts')
  expect(await valueOf(vault, 'shop-key')).toBe('the-value-that-counts')
  await kit.store.writeRecords(copy)
  await rotateSecret(await kit.open(), 'shop-key', 'from-another-history')
  await expect(vault.open('shop-key', SHOP, NOW)).rejects.toThrow(/an older copy/)
})

test('VLT-03 a version that is missing from the database is not quietly replaced by an older one', async () => {
  const kit = await createKit()
  const vault = await kit.open()
  await addSecret(vault, 'shop-key', 'the-older-value-')
  await rotateSecret(vault, 'shop-key', 'the-value-that-counts', HOUR_MS)
  await kit.store.writeRecords([{ ...(await rowOf(kit.store, 'shop-key', 2)), sealed: '' }])
  await expect(valueOf(await kit.open(), 'shop-key')).rejects.toThrow(/version 2 is not the record that was sealed/)
})

test('VLT-03 a ledger whose row is hidden beside existing records closes the vault', async () => {
  const kit = await createKit()
  await addSecret(await kit.open(), 'shop-key', 'value-of-shop-key')
  const records = await kit.store.records()
  const store = { ...kit.store, records: () => records.filter((row) => row.name !== LEDGER_NAME) }
  await expect(openVault(store, kit.main, { clock: () => NOW, random: () => Buffer.alloc(0) })).rejects.toThrow(/its ledger is missing/)
})
