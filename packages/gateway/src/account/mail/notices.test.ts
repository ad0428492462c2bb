import type { AuditKind } from '@cloakroom/contract'
import { expect, test } from 'vitest'
import { manualLater } from '../../../test/fakes/later.ts'
import { auditEvent, type EventParts } from '../../audit/event.ts'
import { memoryStores } from '../../store/memory.ts'
import { createNotices } from './notices.ts'

const START = 1_780_000_000_000
const MINUTE = 60_000

async function start({ language = 'en', speaks = null as string | null, recovers = true } = {}) {
  const time = manualLater()
  const clock = { now: START }
  const letters: { to: string; language: string; what: string; forgot: string }[] = []
  const failed: string[] = []
  const state = { down: false }
  const { accounts } = memoryStores()
  const blank = { key: '', password: null, roles: [], disabledAt: null, failures: 0, passwordLockedAt: null, createdAt: START }
  for (const [id, mail] of [
    ['Ada', 'ada@example.com'],
    ['bob', null],
  ] as const)
    await accounts.insert({
      ...blank,
      id,
      name: id,
      key: id.toLowerCase(),
      mail,
      language: id === 'Ada' ? speaks : null,
      passwordChangedAt: null,
      lastLoginAt: null,
      resetRequiredAt: null,
    })
  const notices = createNotices({
    accounts,
    letters: {
      link: (page) => `https://shop.example/auth${page}`,
      async send(to, _name, written, values) {
        if (state.down) throw new Error('down')
        letters.push({ to, language: written, what: values['what'] ?? '', forgot: values['forgot'] ?? '' })
      },
    },
    language,
    recovers,
    clock: () => clock.now,
    later: time.later,
    onFailure: (account) => void failed.push(account),
  })
  const pass = async (ms: number): Promise<void> => {
    clock.now += ms
    time.pass(ms)
    for (let n = 0; n < 10; n++) await new Promise(setImmediate)
  }
  const say = (kind: AuditKind, more: Partial<EventParts> = {}, to: string | null = null): void =>
    notices.event(auditEvent({ kind, at: clock.now, target: 'Ada', address: '192.0.2.7', ...more }), to)
  return { notices, pass, say, letters, failed, state }
}

test('what happens within five seconds is one letter, with a line for each', async () => {
  const { say, pass, letters } = await start()
  say('login.succeeded', { detail: { factor: 'password', knownDevice: false } })
  say('factor.added', { detail: { factor: 'totp' } })
  say('factor.recovery_codes_made')
  await pass(5000)
  expect(letters).toHaveLength(1)
  expect(letters[0]).toMatchObject({ to: 'ada@example.com', forgot: 'https://shop.example/auth/forgot' })
  expect(letters[0]?.what.split('\n')).toEqual([
    '- 2026-05-28 20:26 UTC, 192.0.2.7: A sign-in on a device on which you had not signed in before.',
    '- 2026-05-28 20:26 UTC, 192.0.2.7: An authenticator app was added.',
    '- 2026-05-28 20:26 UTC, 192.0.2.7: New recovery codes were made; earlier ones open nothing any more.',
  ])
})

test('of one topic there is one letter in ten minutes, and it counts; another topic does not wait behind it', async () => {
  const { say, pass, letters } = await start()
  const signIn = (): void => say('login.succeeded', { detail: { knownDevice: false } })
  signIn()
  await pass(5000)
  for (let n = 0; n < 20; n++) signIn()
  say('password.changed', { detail: { factor: 'password' } })
  await pass(5000)
  expect(letters.map(({ what }) => what.replace(/^.*: /, ''))).toEqual([
    'A sign-in on a device on which you had not signed in before.',
    'The password was changed.',
  ])
  for (let n = 0; n < 11; n++) await pass(MINUTE)
  expect(letters).toHaveLength(3)
  expect(letters[2]?.what).toContain('(20×)')
})

test('a sign-in on a known device, and one after two typing errors, is nothing to tell; one after three is', async () => {
  const { say, pass, letters } = await start()
  const known = (): void => say('login.succeeded', { detail: { knownDevice: true } })
  const wrong = (count: number): void => {
    for (let n = 0; n < count; n++) say('login.failed', { result: 'failed' })
  }
  known()
  wrong(2)
  known()
  wrong(2)
  known()
  await pass(5000)
  expect(letters).toEqual([])
  wrong(3)
  await pass(5000)
  expect(letters).toEqual([])
  known()
  await pass(5000)
  expect(letters[0]?.what).toContain('A sign-in, after 3 wrong attempts.')
})

test('an account without an address gets none, except at the address that it had until now', async () => {
  const { say, pass, letters } = await start()
  say('password.changed', { target: 'bob' })
  say('password.changed', { target: 'nobody' })
  say('account.mail_set', { target: 'bob' }, 'old@example.com')
  say('account.mail_set', {}, 'old-ada@example.com')
  await pass(5000)
  expect(letters.map(({ to }) => to)).toEqual(['old@example.com', 'ada@example.com', 'old-ada@example.com'])
})

test('who speaks another language than the owner set is written to in that one, line for line; a stranger’s address, too', async () => {
  const { say, pass, letters } = await start({ speaks: 'de' })
  say('factor.removed', { detail: { factor: 'passkey' } })
  say('password.changed', { detail: { factor: 'password' } }, 'old@example.com')
  say('password.changed', { target: 'bob' }, 'bob@example.com')
  await pass(5000)
  expect(letters.map(({ to, language, what }) => [to, language, what.replaceAll(/^.*UTC, 192.0.2.7: /gm, '')])).toEqual([
    ['ada@example.com', 'de', 'Entfernt wurde: ein Passkey.\nDas Passwort wurde geändert.'],
    ['bob@example.com', 'en', 'The password was changed.'],
    ['old@example.com', 'de', 'Entfernt wurde: ein Passkey.\nDas Passwort wurde geändert.'],
  ])
})

test('a letter that does not go out is said; the end of the process sends what waits', async () => {
  const { say, notices, failed, state, letters } = await start({ language: 'de', recovers: false })
  state.down = true
  say('factor.removed', { detail: { factor: 'passkey' } })
  await notices.flush()
  expect(failed).toEqual(['Ada'])
  state.down = false
  say('factor.removed', { detail: { factor: 'passkey' } })
  await notices.flush()
  expect(letters[0]?.what).toContain('Entfernt wurde: ein Passkey.')
  expect(letters[0]?.forgot).toBe('https://shop.example/auth/login')
})

test('whoever makes sign-ins fail for ever new names fills no memory with them', async () => {
  const { say, pass, letters } = await start()
  for (let n = 0; n < 3; n++) say('login.failed', { result: 'failed' })
  for (let n = 0; n < 6000; n++) say('login.failed', { result: 'failed', target: `name-${n}` })
  say('login.succeeded', { detail: { knownDevice: true } })
  await pass(5000)
  // The oldest are forgotten first: this is what keeps the map small.
  expect(letters).toEqual([])
})

test('what happens to an administrator of the same name is nothing that this person is told', async () => {
  const { say, pass, letters } = await start()
  say('factor.added', { detail: { factor: 'totp', administrator: true } })
  say('account.disabled', { detail: { administrator: true } })
  await pass(5000)
  expect(letters).toEqual([])
})
