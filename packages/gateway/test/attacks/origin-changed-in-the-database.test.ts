import { expect, test } from 'vitest'
import type { OpenFailure } from '../../src/vault/open-failure.ts'
import { addSecret, createKit, NOW, rowOf, SHOP, valueOf } from '../vault-kit.ts'

test('VLT-14 a configuration that points an API at another host gets no credential for it', async () => {
  const kit = await createKit()
  const failures: OpenFailure[] = []
  const vault = await kit.open({ onFailure: (failure) => failures.push(failure) })
  await addSecret(vault, 'shop-key', 'value-of-shop-key')
  const others = [
    'https://evil.example',
    'http://api.shop.example',
    `${SHOP}:8443`,
    `${SHOP}.evil.example`,
    `${SHOP}/`,
    'https://API.shop.example',
    '',
    '*',
    'null',
  ]
  for (const origin of others)
    await expect(valueOf(vault, 'shop-key', NOW, origin), origin).rejects.toThrow(/it was sealed for https:\/\/api.shop.example only/)
  expect(await valueOf(vault, 'shop-key')).toBe('value-of-shop-key')
  // And with the plaintext at hand from the call before.
  for (const origin of others) await expect(valueOf(vault, 'shop-key', NOW, origin), origin).rejects.toThrow(/sealed for/)
  expect(new Set(failures.map((failure) => failure.reason))).toEqual(new Set(['origin_not_sealed']))
})

test('VLT-14 the columns of a record do not say where its secret may go: changing any of them changes nothing', async () => {
  const kit = await createKit()
  const vault = await kit.open()
  await addSecret(vault, 'shop-key', 'value-of-shop-key')
  const row = await rowOf(kit.store, 'shop-key')
  const planted = { origins: ['https://evil.example'], placement: 'query:key', fingerprint: '0000000000000000', createdAt: 0 }
  await kit.store.writeRecords([{ ...row, ...planted }])
  for (const opened of [vault, await kit.open()]) {
    await expect(valueOf(opened, 'shop-key', NOW, 'https://evil.example')).rejects.toThrow(/sealed for https:\/\/api.shop.example only/)
    const credential = await opened.open('shop-key', SHOP, NOW)
    expect(credential).toMatchObject({ placement: { kind: 'bearer' }, origins: [SHOP] })
    credential.release()
    expect(await opened.list()).toMatchObject([{ name: 'shop-key', placement: 'bearer', origins: [SHOP] }])
    expect((await opened.list())[0]?.versions[0]?.fingerprint).toBe(row.fingerprint)
  }
})

test('VLT-14 a credential that may go elsewhere cannot be renamed into the place of one that is called here', async () => {
  const kit = await createKit()
  const vault = await kit.open()
  await addSecret(vault, 'shop-key', 'value-of-shop-key')
  const placed = { placement: { kind: 'bearer' }, origins: ['https://evil.example'] } as const
  await vault.add('attacker-key', { value: Buffer.from('known-to-attacker'), ...placed }, NOW)
  await kit.store.writeRecords([{ ...(await rowOf(kit.store, 'attacker-key')), name: 'shop-key' }])
  await expect(valueOf(await kit.open(), 'shop-key', NOW, 'https://evil.example')).rejects.toThrow(/the database was changed/)
})
