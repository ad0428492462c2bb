import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { makeSessionKit, START } from '../session-kit.ts'

// C6: the attacker brings his victim to sign in under an identifier that he knows already.

test('SES-03 no identifier that was known before the login is the session’s afterwards', async () => {
  const { signIn, visitor, sessions } = makeSessionKit()
  const planted = 'A'.repeat(43)
  expect(await visitor(planted, START)).toMatchObject({ kind: 'stranger' })
  const first = await signIn()
  const second = await signIn()
  expect(new Set([planted, first.cookie, second.cookie]).size).toBe(3)
  expect(await visitor(planted, START)).toMatchObject({ kind: 'stranger' })
  await sessions.end(first.session, START, 'replaced')
  expect(await visitor(first.cookie, START)).toMatchObject({ kind: 'stranger', stale: 'replaced' })
  expect(await visitor(second.cookie, START)).toMatchObject({ kind: 'known' })
})

test('SES-04 a further authentication ends the identifier that was known before it, at once', async () => {
  const { signIn, visitor, sessions } = makeSessionKit()
  const { cookie, session } = await signIn()
  const next = await sessions.rotate(session, START + 1, [...session.factors, { kind: 'password', at: START + 1 }])
  expect(next?.session.id).not.toBe(session.id)
  expect(await visitor(cookie, START + 1)).toMatchObject({ kind: 'stranger', stale: 'replaced' })
  // Neither of two rotations of one session leaves two sessions behind.
  expect(await sessions.rotate(session, START + 2, session.factors)).toBeNull()
  expect(await sessions.list(session.account, START + 2)).toHaveLength(1)
})

test('a stranger cannot choose an identifier whose hash is stored: what is stored is not what is sent', async () => {
  const { signIn, visitor } = makeSessionKit()
  const { session } = await signIn()
  // Whoever reads the store has hashes; sent as a cookie they open nothing.
  expect(await visitor(session.id, START)).toMatchObject({ kind: 'stranger' })
  expect(createHash('sha256').update(session.id).digest('base64url')).not.toBe(session.id)
})
