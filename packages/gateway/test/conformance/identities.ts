import { expect, test } from 'vitest'
import type { Identity, IdentityStore } from '../../src/store/provider-stores.ts'
import { AT } from './sessions.ts'

function identityOf(subject: string, change: Partial<Identity> = {}): Identity {
  return { issuer: 'https://one.example', subject, account: 'a-1', roles: [], linkedAt: AT, lastLoginAt: null, ...change }
}

export function identitiesConform(store: () => IdentityStore): void {
  test('OIDC-08 an identity is issuer and subject together: one subject of two issuers is two people', async () => {
    const [one, other] = [identityOf('s-1'), identityOf('s-1', { issuer: 'https://two.example', account: 'a-2', roles: ['staff'] })]
    expect(await store().insert(one)).toBe(true)
    expect(await store().insert(other)).toBe(true)
    expect(await store().find('https://one.example', 's-1')).toEqual(one)
    expect(await store().find('https://two.example', 's-1')).toEqual(other)
    expect(await store().find('https://one.example', 'S-1')).toBeNull()
  })

  test('OIDC-08 an identity that is linked is never linked to another account over it', async () => {
    await store().insert(identityOf('s-1'))
    expect(await store().insert(identityOf('s-1', { account: 'a-2' }))).toBe(false)
    expect((await store().find('https://one.example', 's-1'))?.account).toBe('a-1')
  })

  test('a sign-in is noted with the roles that it gave, and only on an identity that exists', async () => {
    await store().insert(identityOf('s-1'))
    expect(await store().note('https://one.example', 's-1', ['night shift', 'staff'], AT + 5)).toBe(true)
    expect(await store().find('https://one.example', 's-1')).toEqual(
      identityOf('s-1', { roles: ['night shift', 'staff'], lastLoginAt: AT + 5 }),
    )
    expect(await store().note('https://one.example', 's-2', [], AT)).toBe(false)
    expect(await store().find('https://one.example', 's-2')).toBeNull()
  })

  test('an account’s identities come oldest first, and only from their own account they are taken away', async () => {
    await store().insert(identityOf('late', { linkedAt: AT + 2 }))
    await store().insert(identityOf('early', { linkedAt: AT + 1 }))
    await store().insert(identityOf('other', { account: 'a-2' }))
    expect((await store().ofAccount('a-1')).map(({ subject }) => subject)).toEqual(['early', 'late'])
    expect(await store().remove('a-2', 'https://one.example', 'early')).toBe(false)
    expect(await store().remove('a-1', 'https://one.example', 'early')).toBe(true)
    expect(await store().remove('a-1', 'https://one.example', 'early')).toBe(false)
    expect((await store().ofAccount('a-1')).map(({ subject }) => subject)).toEqual(['late'])
  })
}
