import { expect, test } from 'vitest'
import type { MachineKeyRow, MachineKeyStore } from '../../src/store/store.ts'
import { AT } from './sessions.ts'

export function keyRow(id: string, change: Partial<MachineKeyRow> = {}): MachineKeyRow {
  return {
    id,
    name: `name-${id}`,
    digest: 'digest',
    scopes: ['shop: GET /**'],
    roles: [],
    from: [],
    max: 600,
    perMs: 60_000,
    createdAt: AT,
    expiresAt: null,
    revokedAt: null,
    lastUsedAt: null,
    lastAddress: null,
    ...change,
  }
}

export function machineKeysConform(store: () => MachineKeyStore): void {
  test('a key comes back as it was stored', async () => {
    const key = keyRow('1', {
      roles: ['staff', 'two words'],
      from: ['203.0.113.0/24', '2001:db8::/48'],
      expiresAt: AT + 5,
      lastUsedAt: AT,
      lastAddress: '::1',
    })
    expect(await store().insert(key)).toBe(true)
    expect(await store().find('1')).toEqual(key)
    expect(await store().find('2')).toBeNull()
  })

  test('neither an id nor the name of a living key is given twice', async () => {
    await store().insert(keyRow('1'))
    expect(await store().insert(keyRow('1', { name: 'other' }))).toBe(false)
    expect(await store().insert(keyRow('2', { name: 'name-1' }))).toBe(false)
    await store().revoke('1', AT + 1)
    expect(await store().insert(keyRow('2', { name: 'name-1' }))).toBe(true)
  })

  test('REV-01 a key is revoked once and stays so', async () => {
    await store().insert(keyRow('1'))
    expect(await store().revoke('1', AT + 1)).toBe(true)
    expect(await store().revoke('1', AT + 9)).toBe(false)
    expect(await store().revoke('missing', AT)).toBe(false)
    expect((await store().find('1'))?.revokedAt).toBe(AT + 1)
  })

  test('a use moves only forward, and brings nothing back', async () => {
    await store().insert(keyRow('1'))
    await store().noteUse('1', AT + 10, '192.0.2.1')
    await store().noteUse('1', AT + 5, '192.0.2.2')
    await store().noteUse('missing', AT, '192.0.2.3')
    expect(await store().list()).toEqual([keyRow('1', { lastUsedAt: AT + 10, lastAddress: '192.0.2.1' })])
  })

  test('the list is by name, then by age', async () => {
    for (const [id, name, createdAt] of [
      ['1', 'b', AT],
      ['2', 'a', AT + 2],
      ['3', 'a', AT + 1],
    ] as const)
      await store().insert(keyRow(id, { name, createdAt, revokedAt: id === '3' ? AT + 3 : null }))
    expect((await store().list()).map(({ id }) => id)).toEqual(['3', '2', '1'])
  })
}
