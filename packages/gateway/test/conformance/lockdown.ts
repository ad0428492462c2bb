import { expect, test } from 'vitest'
import type { LockdownStore } from '../../src/store/lockdown.ts'
import { AT } from './sessions.ts'

export function lockdownConforms(store: () => LockdownStore): void {
  test('REV-09 it is set once, read by everybody, and lifted once', async () => {
    expect(await store().read()).toBeNull()
    expect(await store().set({ since: AT, reason: 'a laptop is gone' })).toBe(true)
    expect(await store().set({ since: AT + 1, reason: 'again' })).toBe(false)
    expect(await store().read()).toEqual({ since: AT, reason: 'a laptop is gone' })
    expect(await store().lift()).toBe(true)
    expect(await store().lift()).toBe(false)
    expect(await store().read()).toBeNull()
  })
}
