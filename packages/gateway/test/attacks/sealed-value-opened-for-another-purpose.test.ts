import { createCipheriv, generateKeySync, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { createDevices } from '../../src/account/devices.ts'
import { DEVICE_COOKIE, SESSION_COOKIE } from '../../src/decide/cookies.ts'
import { createSealer } from '../../src/session/sealed.ts'
import { createVisits } from '../../src/session/visit.ts'
import { makeHead } from '../fixtures.ts'
import { cookieOf, makeSessionKit, START } from '../session-kit.ts'

// C9: cookies of one kind shown as another, ciphers that repeat a nonce, tags that are too short, values without an end.

const key = generateKeySync('aes', { length: 256 })
const sealerFor = (purpose: string) => createSealer({ key, random: randomBytes, purpose })
const visits = createVisits({ key, random: randomBytes, lifetimeMs: () => 3_600_000 })
const devices = createDevices(sealerFor('device'), randomBytes)
const deviceIn = (cookie: string) => devices.open(makeHead({ at: START, headers: { cookie: `${DEVICE_COOKIE}=${cookie}` } }))

test('a value that was sealed for one purpose opens for no other, even under the same key', () => {
  const purposes = ['visit', 'device', 'visi', 'visit ', 'Visit', 'device visit', '']
  for (const sealed of purposes) {
    for (const opened of purposes) {
      const text = sealerFor(opened).open(sealerFor(sealed).seal('text', START + 1), START)
      expect(text, `${sealed} as ${opened}`).toBe(sealed === opened ? 'text' : null)
    }
  }
})

test('no cookie of ours passes for another of ours', async () => {
  const { signIn, sessions, visitor } = makeSessionKit()
  const session = (await signIn()).cookie
  const visit = cookieOf(visits.start(START).setCookie)
  const device = cookieOf(devices.remember(null, 'a-1', START))
  expect(visits.open(visit, START)).not.toBeNull()
  expect(deviceIn(device)).not.toBeNull()
  for (const other of [session, device]) expect(visits.open(other, START)).toBeNull()
  for (const other of [session, visit]) expect(deviceIn(other)).toBeNull()
  for (const other of [visit, device]) {
    expect(await sessions.claim(other)).toBeNull()
    expect(await visitor(other, START), SESSION_COOKIE).toMatchObject({ kind: 'stranger' })
  }
})

test('no nonce repeats: ten thousand seals of one text share none', () => {
  const sealer = sealerFor('visit')
  const nonces = Array.from({ length: 10_000 }, () => Buffer.from(sealer.seal('text', START), 'base64url').toString('hex', 1, 13))
  expect(new Set(nonces).size).toBe(10_000)
})

test('a shorter tag is not taken for a whole one', () => {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: 4 }).setAAD(Buffer.from('cloakroom sealed value 1 visit'))
  const end = Buffer.alloc(6, 0xff)
  const parts = [Buffer.of(1), nonce, cipher.update(end), cipher.update('text'), cipher.final()]
  const short = Buffer.concat([...parts, cipher.getAuthTag()]).toString('base64url')
  expect(sealerFor('visit').open(short, START)).toBeNull()
})

test('the end is sealed with the value: a browser that keeps the cookie longer gains nothing', () => {
  const cookie = cookieOf(visits.start(START).setCookie)
  expect(visits.open(cookie, START + 3_599_999)).not.toBeNull()
  expect(visits.open(cookie, START + 3_600_000)).toBeNull()
  expect(visits.open(cookie, START + 10 * 365 * 86_400_000)).toBeNull()
  // Whatever its reader asks of it besides.
  const sealed = sealerFor('visit').seal('for an hour', START + 3_600_000)
  expect([sealerFor('visit').open(sealed, START + 3_599_999), sealerFor('visit').open(sealed, START + 3_600_000)]).toEqual([
    'for an hour',
    null,
  ])
})
