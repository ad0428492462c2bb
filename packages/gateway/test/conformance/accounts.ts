import { expect, test } from 'vitest'
import type { Account, AccountStore } from '../../src/store/store.ts'
import { AT } from './sessions.ts'

export function accountOf(id: string, change: Partial<Account> = {}): Account {
  return {
    id,
    name: `Name ${id}`,
    key: `name ${id}`,
    password: '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA',
    roles: [],
    mail: null,
    language: null,
    disabledAt: null,
    failures: 0,
    passwordLockedAt: null,
    createdAt: AT,
    passwordChangedAt: null,
    lastLoginAt: null,
    resetRequiredAt: null,
    ...change,
  }
}

export function accountsConform(store: () => AccountStore): void {
  test('an account that is removed is gone, and its name is free', async () => {
    await store().insert(accountOf('1'))
    await store().insert(accountOf('2'))
    expect([await store().remove('1'), await store().remove('1')]).toEqual([true, false])
    expect([await store().find('1'), await store().findByKey('name 1')]).toEqual([null, null])
    expect((await store().list()).map(({ id }) => id)).toEqual(['2'])
    expect(await store().insert(accountOf('3', { key: 'name 1' }))).toBe(true)
  })

  test('an account comes back as it was stored, by id and by key', async () => {
    const account = accountOf('1', {
      name: 'Ünïcode 漢',
      roles: ['staff', 'two words'],
      disabledAt: AT,
      passwordLockedAt: AT + 1,
      passwordChangedAt: AT + 2,
      lastLoginAt: AT + 3,
      mail: 'Ada@Example.com',
      language: 'de',
      failures: 4,
    })
    expect(await store().insert(account)).toBe(true)
    expect(await store().find('1')).toEqual(account)
    expect(await store().findByKey('name 1')).toEqual(account)
    expect(await store().find('2')).toBeNull()
    expect(await store().findByKey('Name 1')).toBeNull()
  })

  test('neither a key nor an id is given twice', async () => {
    await store().insert(accountOf('1'))
    expect(await store().insert(accountOf('2', { key: 'name 1' }))).toBe(false)
    expect(await store().insert(accountOf('1', { key: 'another' }))).toBe(false)
    expect(await store().list()).toEqual([accountOf('1')])
  })

  test('an update changes what it names and nothing else', async () => {
    await store().insert(accountOf('1', { failures: 2 }))
    const changed = accountOf('1', { password: null, roles: ['staff'], disabledAt: AT + 5, failures: 2 })
    expect(await store().update('1', { password: null, roles: ['staff'], disabledAt: AT + 5 })).toEqual(changed)
    expect(await store().find('1')).toEqual(changed)
    expect(await store().update('1', { disabledAt: null })).toEqual({ ...changed, disabledAt: null })
    expect(await store().update('missing', { password: null })).toBeNull()
    expect(await store().find('missing')).toBeNull()
  })

  test('an account keeps its id, its key and the day it was made', async () => {
    await store().insert(accountOf('1'))
    const wider = { name: 'New', id: '9', key: 'other', createdAt: 0 } as Partial<Account>
    await store().update('1', wider)
    expect(await store().list()).toEqual([accountOf('1', { name: 'New' })])
    expect((await store().findByKey('name 1'))?.name).toBe('New')
  })

  test('accounts are found by their address, whatever the case of its letters', async () => {
    await store().insert(accountOf('2', { mail: 'Ada@example.com' }))
    await store().insert(accountOf('1', { mail: 'ada@example.com' }))
    await store().insert(accountOf('3'))
    expect((await store().findByMail('ADA@EXAMPLE.COM')).map(({ id }) => id)).toEqual(['1', '2'])
    expect(await store().findByMail('da@example.com')).toEqual([])
    await store().update('1', { mail: null })
    expect((await store().findByMail('ada@example.com')).map(({ id }) => id)).toEqual(['2'])
  })

  test('failures are counted one by one', async () => {
    await store().insert(accountOf('1'))
    const counts = await Promise.all(Array.from({ length: 20 }, async () => await store().addFailure('1')))
    expect(counts.toSorted((one, other) => one - other)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1))
    expect(await store().addFailure('missing')).toBe(0)
  })

  test('the list is in the order of the keys', async () => {
    for (const id of ['b', 'c', 'a']) await store().insert(accountOf(id))
    expect((await store().list()).map(({ id }) => id)).toEqual(['a', 'b', 'c'])
  })

  test('a page holds those that begin so, after the last of the page before', async () => {
    for (const id of ['b', 'c', 'a']) await store().insert(accountOf(id))
    await store().insert(accountOf('z', { key: 'zoe' }))
    const page = async (prefix: string, after: string, limit: number) => (await store().page(prefix, after, limit)).map(({ key }) => key)
    expect(await page('', '', 2)).toEqual(['name a', 'name b'])
    expect(await page('', 'name b', 2)).toEqual(['name c', 'zoe'])
    expect(await page('name', 'name b', 9)).toEqual(['name c'])
    expect(await page('zo', '', 9)).toEqual(['zoe'])
    expect(await page('y', '', 9)).toEqual([])
  })
}
