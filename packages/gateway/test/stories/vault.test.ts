import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { needlesOf } from '../../src/decide/needles.ts'
import { openSqlite } from '../../src/store/sqlite/open.ts'
import { memoryStores } from '../../src/store/memory.ts'
import { createVault } from '../../src/vault/create.ts'
import { openVault } from '../../src/vault/vault.ts'
import { addSecret, createKit, NOW, quickKey, rotateSecret, SHOP, valueOf } from '../vault-kit.ts'

const HOUR_MS = 3_600_000

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vault-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('VLT-01 no spelling of a secret is in the database or its log, whatever was done with it', async () => {
  const canary = `canary/"${randomBytes(18).toString('base64')}"&<end>`
  const stores = openSqlite(folder)
  const kit = await createKit(stores.vault)
  const vault = await kit.open()
  await addSecret(vault, 'shop-key', canary)
  await rotateSecret(vault, 'shop-key', `${canary}-2`, HOUR_MS)
  await vault.rekey({ main: quickKey() }, NOW)
  expect(await valueOf(vault, 'shop-key')).toBe(`${canary}-2`)
  await vault.revoke('shop-key', 1, NOW)
  const files = await readdir(folder)
  expect(files).toContain('durable.sqlite-wal')
  for (const file of files) {
    const bytes = await readFile(join(folder, file))
    if (file === 'durable.sqlite-wal') expect(bytes.includes('ck1.')).toBe(true)
    for (const needle of needlesOf([Buffer.from(canary)]))
      expect(bytes.includes(Buffer.from(needle)), `${file} ${Buffer.from(needle).toString()}`).toBe(false)
  }
  vault.close()
  await stores.close()
})

test('VLT-02 saving the same value again changes the whole ciphertext', async () => {
  const kit = await createKit()
  const vault = await kit.open()
  await addSecret(vault, 'one', 'the-same-value-twice')
  await addSecret(vault, 'two', 'the-same-value-twice')
  const [one, two] = (await kit.store.records()).filter((row) => !row.name.startsWith('#')).map((row) => row.sealed.split('.').slice(2))
  expect(one?.filter((part, at) => part === two?.[at])).toEqual([])
})

test('VLT-08 nothing that the vault says of a credential holds its value, and an opened one does not print', async () => {
  const kit = await createKit()
  const vault = await kit.open()
  const value = 'sk-live-0123456789-abcdEFGH'
  const added = await vault.add('shop-key', { value: Buffer.from(value), placement: { kind: 'basic', user: 'shop' }, origins: [SHOP] }, NOW)
  await vault.rotate('shop-key', { value: Buffer.from(`${value}-2`), retireAfterMs: HOUR_MS }, NOW)
  const said = JSON.stringify([added, await vault.list(), await vault.revoke('shop-key', 1, NOW), vault.expiring(NOW, HOUR_MS)])
  for (const needle of needlesOf([Buffer.from(value)])) expect(said).not.toContain(Buffer.from(needle).toString())
  expect((await vault.list())[0]).toEqual({
    name: 'shop-key',
    kind: { is: 'secret' },
    placement: 'basic:shop',
    origins: [SHOP],
    versions: [
      expect.objectContaining({
        version: 2,
        state: 'active',
        lastFour: 'GH-2',
        fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
      }),
      expect.objectContaining({ version: 1, state: 'revoked', lastFour: 'EFGH' }),
    ],
  })
  const opened = await vault.open('shop-key', SHOP, NOW)
  expect(inspect(opened.secret) + String(opened.secret) + JSON.stringify(opened.secret)).toBe('[secret][secret]"[secret]"')
  expect(inspect(vault, { depth: 9 })).not.toContain('sk-live')
  opened.release()
})

test('VLT-08 a short value shows none of its characters', async () => {
  const vault = await (await createKit()).open()
  await addSecret(vault, 'pin', '123456789012345')
  expect((await vault.list())[0]?.versions[0]?.lastFour).toBeNull()
})

test('VLT-09 a staged version takes over by the clock, the one before overlaps until its end, and then there is one', async () => {
  const kit = await createKit()
  let now = NOW
  const vault = await kit.open({ clock: () => now })
  await addSecret(vault, 'shop-key', 'the-value-before')
  await vault.rotate('shop-key', { value: Buffer.from('the-value-after-'), notBefore: NOW + HOUR_MS, retireAfterMs: HOUR_MS }, NOW)
  const states = async (at: number): Promise<string> => {
    now = at
    return (await vault.list())[0]?.versions.map((each) => `${each.version} ${each.state}`).join(', ') ?? ''
  }
  expect(await states(NOW)).toBe('2 staged, 1 active')
  expect(await valueOf(vault, 'shop-key', NOW + HOUR_MS - 1)).toBe('the-value-before')
  expect(await valueOf(vault, 'shop-key', NOW + HOUR_MS)).toBe('the-value-after-')
  expect(await states(NOW + HOUR_MS)).toBe('2 active, 1 retiring')
  await vault.revoke('shop-key', 2, NOW)
  expect(await valueOf(vault, 'shop-key', NOW + HOUR_MS)).toBe('the-value-before')
  await expect(valueOf(vault, 'shop-key', NOW + 2 * HOUR_MS)).rejects.toThrow(/its last version has ended/)
})

test('VLT-09 what is about to end is reminded of, until a newer version takes over', async () => {
  const kit = await createKit()
  const vault = await kit.open()
  await addSecret(vault, 'ends-soon', 'value-that-ends-soon', { notAfter: NOW + HOUR_MS })
  await addSecret(vault, 'ends-late', 'value-that-ends-late', { notAfter: NOW + 100 * HOUR_MS })
  await addSecret(vault, 'endless', 'value-without-end')
  expect(vault.expiring(NOW, 2 * HOUR_MS)).toEqual([{ name: 'ends-soon', version: 1, notAfter: NOW + HOUR_MS }])
  expect(vault.expiring(NOW + 3 * HOUR_MS, 0)).toEqual([{ name: 'ends-soon', version: 1, notAfter: NOW + HOUR_MS }])
  await rotateSecret(vault, 'ends-soon', 'value-that-takes-over', HOUR_MS)
  expect(vault.expiring(NOW, 2 * HOUR_MS)).toEqual([])
})

test('VLT-09 the last use is noted, at most once a minute', async () => {
  const kit = await createKit()
  const uses: number[] = []
  const store = { ...kit.store, noteUse: (_name: string, _version: number, at: number) => void uses.push(at) }
  const vault = await openVault(store, kit.main, { clock: () => NOW, random: randomBytes })
  await addSecret(vault, 'shop-key', 'value-of-shop-key')
  for (let second = 0; second < 150; second++) await valueOf(vault, 'shop-key', NOW + second * 1000)
  expect(uses).toEqual([NOW, NOW + 60_000, NOW + 120_000])
})

test('VLT-05 what another process changes is seen at the next call: a new version, a new generation, a revocation', async () => {
  const kit = await createKit()
  const gateway = await kit.open()
  const command = await kit.open()
  await addSecret(command, 'shop-key', 'the-value-before')
  expect(await valueOf(gateway, 'shop-key')).toBe('the-value-before')
  await rotateSecret(command, 'shop-key', 'the-value-after-')
  expect(await valueOf(gateway, 'shop-key')).toBe('the-value-after-')
  expect(await command.rekey({}, NOW)).toEqual({ generation: 2, resealed: 2 })
  expect(await valueOf(gateway, 'shop-key')).toBe('the-value-after-')
  await command.revoke('shop-key', null, NOW)
  await expect(valueOf(gateway, 'shop-key')).rejects.toThrow(/revoked/)
})

test('VLT-05 with a new main key the old one opens nothing any more, everything else stays, and derived keys stay the same', async () => {
  const kit = await createKit()
  const vault = await kit.open()
  await addSecret(vault, 'shop-key', 'value-of-shop-key')
  const derived = vault.deriveKey('visit-cookie')
  const main = quickKey()
  await vault.rekey({ main }, NOW)
  await expect(kit.open()).rejects.toThrow(/does not hold the key/)
  const again = await openVault(kit.store, main, { clock: () => NOW, random: randomBytes })
  expect(await valueOf(again, 'shop-key')).toBe('value-of-shop-key')
  expect(again.deriveKey('visit-cookie').equals(derived)).toBe(true)
  expect(again.deriveKey('audit-labels').equals(derived)).toBe(false)
})

test('VLT-04 when the main key is lost, the recovery slot opens the vault and gives it a new main key', async () => {
  const kit = await createKit()
  await addSecret(await kit.open(), 'shop-key', 'value-of-shop-key')
  await expect(openVault(kit.store, kit.recovery, { clock: () => NOW, random: randomBytes })).rejects.toThrow(/credential_unavailable/)
  const rescued = await openVault(kit.store, kit.recovery, { clock: () => NOW, random: randomBytes, purpose: 'recovery' })
  const main = quickKey()
  await rescued.rekey({ main }, NOW)
  expect(await valueOf(await openVault(kit.store, main, { clock: () => NOW, random: randomBytes }), 'shop-key')).toBe('value-of-shop-key')
  // The recovery slot stays until it is replaced, too.
  const recovering = { clock: () => NOW, random: randomBytes, purpose: 'recovery' } as const
  const again = await openVault(kit.store, kit.recovery, recovering)
  const recovery = quickKey()
  await again.rekey({ recovery }, NOW)
  await expect(openVault(kit.store, kit.recovery, recovering)).rejects.toThrow(/does not hold the key/)
  expect(await valueOf(await openVault(kit.store, recovery, recovering), 'shop-key')).toBe('value-of-shop-key')
  expect((await kit.store.slots()).map((slot) => slot.purpose).toSorted()).toEqual(['main', 'recovery'])
})

test('VLT-04 a vault is not made with a key that does not give back what it closed, nor where there is one', async () => {
  const { vault: store } = memoryStores()
  const forgetful = { ...quickKey(), unwrap: () => Promise.resolve(randomBytes(32)) }
  await expect(createVault(store, { main: quickKey(), recovery: forgetful, at: NOW, random: randomBytes })).rejects.toThrow(
    /does not give back/,
  )
  expect(await store.readMeta()).toBeNull()
  const kit = await createKit(store)
  await addSecret(await kit.open(), 'shop-key', 'value-of-shop-key')
  await expect(createVault(store, { main: quickKey(), recovery: quickKey(), at: NOW, random: randomBytes })).rejects.toThrow(
    /holds a vault already/,
  )
  expect(await valueOf(await kit.open(), 'shop-key')).toBe('value-of-shop-key')
})

test('every daily mistake is answered with a code and with what to do, changes nothing, and the value is zeroed all the same', async () => {
  const vault = await (await createKit()).open()
  await addSecret(vault, 'taken', 'value-that-is-there')
  const before = await vault.list()
  const bearer = { placement: { kind: 'bearer' }, origins: [SHOP] } as const
  const give = (): Buffer => Buffer.from('value-that-is-given')
  const given: Buffer[] = []
  const add = (name: string, change: object = {}, value = give()) => (
    given.push(value),
    vault.add(name, { value, ...bearer, ...change }, NOW)
  )
  const rotate = (name: string, change: object = {}, value = give()) => (
    given.push(value),
    vault.rotate(name, { value, retireAfterMs: 0, ...change }, NOW)
  )
  const outcomes = [
    ['name_exists', await add('taken')],
    ['name_unusable', await add('../x')],
    ['name_unusable', await add('#ledger')],
    ['origins_unusable', await add('new', { origins: [] })],
    ['origins_unusable', await add('new', { origins: ['https://api.example.com/v1'] })],
    ['times_unusable', await add('new', { notAfter: NOW })],
    ['times_unusable', await add('new', { notBefore: NOW + 9, notAfter: NOW + 8 })],
    ['value_empty', await add('new', {}, Buffer.from('\n'))],
    ['name_unknown', await rotate('new')],
    ['value_known', await rotate('taken', {}, Buffer.from('value-that-is-there\n'))],
    ['name_unknown', await vault.revoke('new', null, NOW)],
    ['version_unknown', await vault.revoke('taken', 2, NOW)],
  ] as const
  for (const [code, outcome] of outcomes)
    expect(outcome).toMatchObject({ kind: 'refused', code, text: expect.stringMatching(/.{20}/) as string })
  expect(given.every((value) => value.every((byte) => byte === 0))).toBe(true)
  expect(await vault.list()).toEqual(before)
})

test('a revoked value does not come back as a new version, and a revoked credential can have a new one', async () => {
  const vault = await (await createKit()).open()
  await addSecret(vault, 'shop-key', 'the-leaked-value')
  await vault.revoke('shop-key', null, NOW)
  expect(await vault.rotate('shop-key', { value: Buffer.from('the-leaked-value'), retireAfterMs: 0 }, NOW)).toMatchObject({
    code: 'value_known',
  })
  await rotateSecret(vault, 'shop-key', 'a-value-of-its-own')
  expect(await valueOf(vault, 'shop-key')).toBe('a-value-of-its-own')
})

test('a store that throws, or that answers with nothing, opens no credential', async () => {
  const kit = await createKit()
  const down = (): never => {
    throw new Error('the disk is gone')
  }
  let broken: object = {}
  const store = new Proxy(kit.store, { get: (target, key) => Reflect.get(broken, key) ?? (Reflect.get(target, key) as unknown) })
  const reasons: string[] = []
  const vault = await openVault(store, kit.main, { clock: () => NOW, random: randomBytes, onFailure: ({ reason }) => reasons.push(reason) })
  await addSecret(vault, 'shop-key', 'value-of-shop-key')
  expect(await valueOf(vault, 'shop-key')).toBe('value-of-shop-key')
  const faults = [
    { revision: down },
    { revision: () => Promise.reject(new Error('gone')) },
    { revision: () => -1, records: down },
    { revision: () => -1, records: () => [] },
  ]
  for (broken of faults) await expect(valueOf(vault, 'shop-key')).rejects.toThrow(/store_unavailable|credential_unavailable/)
  broken = {}
  expect(await valueOf(vault, 'shop-key')).toBe('value-of-shop-key')
  expect(new Set(reasons)).toEqual(new Set(['store_failed', 'vault_altered']))
  vault.close()
  expect(() => vault.open('shop-key', SHOP, NOW)).toThrow(/closed/)
})
