import { expect, test } from 'vitest'
import { SWEEP_ROWS } from '../../src/store/store.ts'
import type { Grant, GrantStore } from '../../src/store/provider-stores.ts'
import { AT } from './sessions.ts'

function grantOf(id: string, change: Partial<Grant> = {}): Grant {
  const own = { id, session: `session of ${id}`, provider: 'acme', issuer: 'https://one.example', subject: 's-1', sid: 'sid-1' }
  return { ...own, sealed: 'sealed', version: 0, expiresAt: AT + 1000, ...change }
}

export function grantsConform(store: () => GrantStore): void {
  test('a grant comes back as it was stored, and is not stored over another', async () => {
    const grant = grantOf('g-1', { sid: null })
    expect(await store().insert(grant)).toBe(true)
    expect(await store().insert(grantOf('g-1', { session: 'another' }))).toBe(false)
    expect(await store().find('g-1')).toEqual(grant)
    expect(await store().find('g-2')).toBeNull()
  })

  test('OIDC-11 of a hundred who want to renew the same tokens one may', async () => {
    await store().insert(grantOf('g-1'))
    const won = await Promise.all(Array.from({ length: 100 }, async (_, at) => await store().lease('g-1', 0, `owner ${at}`, AT, AT + 100)))
    expect(won.filter(Boolean)).toHaveLength(1)
  })

  test('OIDC-11 what one has renewed nobody renews again from the old version', async () => {
    await store().insert(grantOf('g-1'))
    expect(await store().lease('g-1', 0, 'one', AT, AT + 100)).toBe(true)
    expect(await store().replace('g-1', 'one', 'sealed anew')).toBe(true)
    expect(await store().find('g-1')).toEqual(grantOf('g-1', { sealed: 'sealed anew', version: 1 }))
    expect(await store().lease('g-1', 0, 'two', AT, AT + 100)).toBe(false)
    expect(await store().lease('g-1', 1, 'two', AT, AT + 100)).toBe(true)
  })

  test('OIDC-11 whoever dies while renewing loses the lease when its time is over, and cannot write after that', async () => {
    await store().insert(grantOf('g-1'))
    await store().lease('g-1', 0, 'dead', AT, AT + 100)
    expect(await store().lease('g-1', 0, 'next', AT + 99, AT + 200)).toBe(false)
    expect(await store().lease('g-1', 0, 'next', AT + 100, AT + 200)).toBe(true)
    expect(await store().replace('g-1', 'dead', 'too late')).toBe(false)
    expect(await store().replace('g-1', 'next', 'sealed anew')).toBe(true)
    expect((await store().find('g-1'))?.sealed).toBe('sealed anew')
  })

  test('a lease that is let go is free; nobody lets go another one’s', async () => {
    await store().insert(grantOf('g-1'))
    await store().lease('g-1', 0, 'one', AT, AT + 100)
    await store().letGo('g-1', 'two')
    expect(await store().lease('g-1', 0, 'two', AT, AT + 100)).toBe(false)
    await store().letGo('g-1', 'one')
    expect(await store().lease('g-1', 0, 'two', AT, AT + 100)).toBe(true)
  })

  test('what was removed while somebody renewed it does not come back', async () => {
    await store().insert(grantOf('g-1'))
    await store().lease('g-1', 0, 'one', AT, AT + 100)
    expect(await store().remove('g-1')).toBe(true)
    expect(await store().remove('g-1')).toBe(false)
    expect(await store().replace('g-1', 'one', 'revived')).toBe(false)
    expect(await store().lease('g-1', 0, 'one', AT, AT + 100)).toBe(false)
    expect(await store().find('g-1')).toBeNull()
  })

  test('OIDC-16 the provider’s session names its own sessions, a person all that she has from that issuer', async () => {
    await store().insert(grantOf('g-1'))
    await store().insert(grantOf('g-2', { sid: 'sid-2' }))
    await store().insert(grantOf('g-3', { sid: null }))
    await store().insert(grantOf('g-4', { subject: 's-2' }))
    await store().insert(grantOf('g-5', { issuer: 'https://two.example' }))
    const found = async (...asked: Parameters<GrantStore['sessionsOf']>): Promise<readonly string[]> => await store().sessionsOf(...asked)
    expect(await found('https://one.example', 's-1', null)).toEqual(['session of g-1', 'session of g-2', 'session of g-3'])
    expect(await found('https://one.example', 's-1', 'sid-2')).toEqual(['session of g-2'])
    expect(await found('https://one.example', null, 'sid-1')).toEqual(['session of g-1', 'session of g-4'])
    expect(await found('https://one.example', 's-9', null)).toEqual([])
  })

  test('a grant follows its session to another identifier', async () => {
    await store().insert(grantOf('g-1'))
    await store().insert(grantOf('g-2'))
    await store().follow('session of g-1', 'the next')
    expect((await store().find('g-1'))?.session).toBe('the next')
    expect((await store().find('g-2'))?.session).toBe('session of g-2')
  })

  test('a sweep forgets what has expired and nothing else, in batches', async () => {
    await store().insert(grantOf('soon', { expiresAt: AT }))
    await store().insert(grantOf('later'))
    expect(await store().sweep(AT)).toBe(1)
    expect(await store().find('soon')).toBeNull()
    expect(await store().find('later')).not.toBeNull()
    for (let n = 0; n <= SWEEP_ROWS; n++) await store().insert(grantOf(`many ${n}`, { expiresAt: AT }))
    expect(await store().sweep(AT)).toBe(SWEEP_ROWS)
    expect(await store().sweep(AT)).toBe(1)
  })
}
