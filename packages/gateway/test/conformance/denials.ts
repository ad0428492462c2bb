import { expect, test } from 'vitest'
import type { DenialStore } from '../../src/store/store.ts'
import { AT } from './sessions.ts'

const one = { issuer: 'https://id.example', what: 'jti', value: 'j-1' } as const
const subject = { ...one, what: 'subject', value: 'ada' } as const

export function denialsConform(store: () => DenialStore): void {
  test('REV-02 what is denied is found under its own name and no other, in the order of the question', async () => {
    await store().deny(one, AT + 5, AT + 100)
    await store().deny(subject, AT, AT + 100)
    const others = [{ ...one, issuer: 'https://other.example' }, { ...one, what: 'subject' } as const, { ...subject, value: 'bob' }]
    expect(await store().find([subject, ...others, one])).toEqual([AT, null, null, null, AT + 5])
  })

  test('REV-02 a denial is only ever raised', async () => {
    await store().deny(subject, AT + 10, AT + 100)
    await store().deny(subject, AT, AT + 50)
    expect(await store().find([subject])).toEqual([AT + 10])
    expect(await store().sweep(AT + 60)).toBe(0)
  })

  test('REV-02 a sweep forgets what no JWT can be alive for any more', async () => {
    await store().deny(one, AT, AT + 10)
    await store().deny(subject, AT, AT + 20)
    expect(await store().sweep(AT + 10)).toBe(1)
    expect(await store().find([one, subject])).toEqual([null, AT])
  })
}
