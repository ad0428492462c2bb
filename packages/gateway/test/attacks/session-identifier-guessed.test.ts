import { randomBytes } from 'node:crypto'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { memoryStores } from '../../src/store/memory.ts'
import type { SessionStore } from '../../src/store/store.ts'
import { makeSessionKit, START } from '../session-kit.ts'

/** A store that counts what it is asked. */
function counted(): { readonly store: SessionStore; readonly asked: () => number } {
  const { sessions } = memoryStores()
  let asked = 0
  return {
    store: {
      ...sessions,
      find(id) {
        asked++
        return sessions.find(id)
      },
    },
    asked: () => asked,
  }
}

test('SES-05 an identifier that we did not issue opens nothing, begins nothing and is not kept', async () => {
  const { store } = counted()
  const { sessions, signIn, visitor } = makeSessionKit({ store })
  await signIn()
  for (let n = 0; n < 1_000; n++)
    expect(await visitor(randomBytes(32).toString('base64url'), START)).toMatchObject({ kind: 'stranger', stale: null })
  expect(await store.listAll(10)).toHaveLength(1)
  expect(await sessions.list('a-1', START)).toHaveLength(1)
})

test('SES-05 of the spellings that decode to the same bytes only the one that we sent is the session', async () => {
  const { signIn, visitor } = makeSessionKit()
  const { cookie } = await signIn()
  const bytes = Buffer.from(cookie, 'base64url')
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const others = alphabet
    .split('')
    .map((last) => cookie.slice(0, -1) + last)
    .filter((spelling) => spelling !== cookie && Buffer.from(spelling, 'base64url').equals(bytes))
  expect(others).toHaveLength(3)
  for (const spelling of [...others, `${cookie}=`, bytes.toString('base64'), bytes.toString('hex'), `"${cookie}"`, ` ${cookie}`]) {
    expect(await visitor(spelling, START), spelling).toMatchObject({ kind: 'stranger' })
  }
  expect(await visitor(cookie, START)).toMatchObject({ kind: 'known' })
})

test('SES-05 what cannot be an identifier costs no question to the store', async () => {
  const { store, asked } = counted()
  const { sessions } = makeSessionKit({ store })
  const isWellFormed = (text: string) => /^[A-Za-z0-9_-]{43}$/.test(text)
  const nonsense = fc.oneof(
    fc.string({ maxLength: 80 }),
    fc.string({ unit: 'binary', minLength: 43, maxLength: 43 }),
    fc.base64String({ minLength: 40, maxLength: 48 }),
  )
  await fc.assert(
    fc.asyncProperty(
      nonsense.filter((text) => !isWellFormed(text)),
      async (text) => {
        expect(await sessions.claim(text)).toBeNull()
      },
    ),
  )
  expect(await sessions.claim(`${'A'.repeat(43)}\n`)).toBeNull()
  expect(await sessions.claim('A'.repeat(1_000_000))).toBeNull()
  expect(asked()).toBe(0)
  await sessions.claim('A'.repeat(43))
  expect(asked()).toBe(1)
})
