import { createSecretKey } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { systemRandom } from '../lib/random.ts'
import { COST, createPasswords, type Derive, deriveArgon2id } from './password.ts'
import { readPhc } from './phc.ts'

const PEPPER = createSecretKey(Buffer.alloc(32, 1))
const CHEAP = { memory: 64, passes: 1, lanes: 1 }
const RIGHT = 'correct horse battery staple'

describe('password hashing', () => {
  test('PWD-07 a hash is argon2id with at least 19 MiB, 2 passes, a salt of its own, and its parameters', async () => {
    const passwords = createPasswords({ pepper: PEPPER, random: systemRandom })
    const [one, two] = await Promise.all([passwords.hash(RIGHT), passwords.hash(RIGHT)])
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    expect(COST.memory * 1024).toBeGreaterThanOrEqual(19 * 1024 * 1024)
    expect(readPhc(one)?.salt).not.toEqual(readPhc(two)?.salt)
    expect(await passwords.reserve().verify(RIGHT, one)).toEqual({ holds: true, isOutdated: false })
    expect(await passwords.reserve().verify(`${RIGHT} `, one)).toEqual({ holds: false, isOutdated: false })
  })

  test('the slow step is the argon2id that others compute, too', async () => {
    // A vector of the reference implementation's own tests: argon2id, t=2, m=2^16, p=1.
    const hash = await deriveArgon2id(Buffer.from('password'), Buffer.from('somesalt'), { memory: 65_536, passes: 2, lanes: 1 }, 32)
    expect(hash.toString('hex')).toBe('09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7')
  })

  test('PWD-07 a hash that was made with less work is told apart once the cost rises', async () => {
    const old = await createPasswords({ pepper: PEPPER, random: systemRandom, cost: CHEAP }).hash(RIGHT)
    const raised = createPasswords({ pepper: PEPPER, random: systemRandom, cost: { ...CHEAP, passes: 2 } })
    expect(await raised.reserve().verify(RIGHT, old)).toEqual({ holds: true, isOutdated: true })
    expect(await raised.reserve().verify('wrong', old)).toEqual({ holds: false, isOutdated: false })
    expect(
      await createPasswords({ pepper: PEPPER, random: systemRandom, cost: CHEAP })
        .reserve()
        .verify(RIGHT, await raised.hash(RIGHT)),
    ).toEqual({
      holds: true,
      isOutdated: false,
    })
  })

  test('PWD-08 without the key that is not in the database a copied hash opens nothing', async () => {
    const stored = await createPasswords({ pepper: PEPPER, random: systemRandom, cost: CHEAP }).hash(RIGHT)
    const thief = createPasswords({ pepper: createSecretKey(Buffer.alloc(32, 2)), random: systemRandom, cost: CHEAP })
    expect((await thief.reserve().verify(RIGHT, stored)).holds).toBe(false)
  })

  test('PWD-03 a password is the same in whatever form its accents are typed', async () => {
    const passwords = createPasswords({ pepper: PEPPER, random: systemRandom, cost: CHEAP })
    const stored = await passwords.hash('une tre\u0300s longue phrase')
    expect((await passwords.reserve().verify('une tr\u00e8s longue phrase', stored)).holds).toBe(true)
  })

  test('PWD-02 every character counts, the 200th too', async () => {
    const passwords = createPasswords({ pepper: PEPPER, random: systemRandom, cost: CHEAP })
    const long = 'violet '.repeat(40)
    const stored = await passwords.hash(long)
    expect((await passwords.reserve().verify(long, stored)).holds).toBe(true)
    expect((await passwords.reserve().verify(`${long.slice(0, 199)}X${long.slice(200)}`, stored)).holds).toBe(false)
  })

  test('PWD-12 a name without an account costs the same work as one with', async () => {
    const runs: string[] = []
    const derive: Derive = (message, salt, cost, length) => {
      runs.push(`${String(cost.memory)}/${String(cost.passes)}/${String(cost.lanes)}/${String(salt.length)}/${String(length)}`)
      return deriveArgon2id(message, salt, cost, length)
    }
    const passwords = createPasswords({ pepper: PEPPER, random: systemRandom, cost: CHEAP, derive })
    const stored = await passwords.hash(RIGHT)
    for (const against of [stored, null, 'not a hash', '']) expect((await passwords.reserve().verify('wrong', against)).holds).toBe(false)
    expect(runs).toHaveLength(5)
    expect(new Set(runs).size).toBe(1)
  })

  test('no password ever holds against no account, not even the one that the stand-in was made of', async () => {
    const passwords = createPasswords({
      pepper: PEPPER,
      random: systemRandom,
      cost: CHEAP,
      derive: async (_m, _s, _c, length) => Buffer.alloc(length),
    })
    const zero = createPasswords({
      pepper: PEPPER,
      random: (bytes) => Buffer.alloc(bytes),
      cost: CHEAP,
      derive: async (_m, _s, _c, length) => Buffer.alloc(length),
    })
    expect((await passwords.reserve().verify('x', null)).holds).toBe(false)
    expect((await zero.reserve().verify('x', null)).holds).toBe(false)
  })

  test('a storm of logins runs two at once, waits in a bounded queue and is then told that it is busy', async () => {
    let running = 0
    let most = 0
    const waiting: (() => void)[] = []
    const derive: Derive = async (_message, _salt, _cost, length) => {
      running += 1
      most = Math.max(most, running)
      await new Promise<void>((resolve) => waiting.push(resolve))
      running -= 1
      return Buffer.alloc(length)
    }
    const passwords = createPasswords({ pepper: PEPPER, random: systemRandom, cost: CHEAP, derive })
    const storm = Array.from({ length: 100 }, () =>
      (async () => await passwords.reserve().verify('x', null))().then(
        () => 'done',
        (cause: { code?: string }) => cause.code,
      ),
    )
    const refused = await Promise.all(storm.slice(66))
    expect(new Set(refused)).toEqual(new Set(['busy']))
    while (waiting.length > 0) {
      waiting.splice(0).forEach((go) => go())
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await Promise.all(storm.slice(0, 66))).toEqual(Array.from({ length: 66 }, () => 'done'))
    expect(most).toBe(2)
    const after = passwords.reserve().verify('x', null)
    await new Promise((resolve) => setImmediate(resolve))
    waiting.splice(0).forEach((go) => go())
    expect((await after).holds).toBe(false)
  })
})

describe('stored hashes', () => {
  test.each([
    '',
    '$argon2id$',
    '$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAA',
    '$argon2id$v=16$m=64,t=1,p=1$c29tZXNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAA',
    '$argon2id$v=19$m=9999999,t=1,p=1$c29tZXNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAA',
    '$argon2id$v=19$m=64,t=0,p=1$c29tZXNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAA',
    '$argon2id$v=19$m=64,t=1,p=16$c29tZXNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAA',
    '$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzYWx0$',
  ])('%j is none of ours', (text) => {
    expect(readPhc(text)).toBe(null)
  })
})
