import { argon2, createHmac, timingSafeEqual, type KeyObject } from 'node:crypto'
import { GateError } from '../errors.ts'
import { limited } from '../lib/limited.ts'
import type { Random } from '../lib/random.ts'
import { type Cost, readPhc, writePhc } from './phc.ts'

/** The slow step: argon2id (RFC 9106) over 32 keyed bytes. A port, so that tests can count how often it runs. */
export type Derive = (message: Buffer, salt: Buffer, cost: Cost, length: number) => Promise<Buffer>

export interface PasswordOptions {
  /** The keyed step: whoever copies the database without this key cannot even begin to guess (NIST SP 800-63B-4 §3.1.1.2). */
  readonly pepper: KeyObject
  readonly random: Random
  readonly cost?: Cost
  readonly derive?: Derive
}

export interface Passwords {
  /** A PHC string. Throws GateError `busy` when too many wait. */
  hash(password: string): Promise<string>
  /** A place among those that wait, to be had before an attempt is counted. Throws GateError `busy`. */
  reserve(): Place
}

/** For one check. `release` gives it back when nothing was checked; after a check it does nothing. */
export interface Place {
  /** The same work whether there is a hash or not (null: no such account). */
  verify(password: string, stored: string | null): Promise<PasswordCheck>
  release(): void
}

export interface PasswordCheck {
  readonly holds: boolean
  /** It holds, but was made with less work than today's: hash it again. */
  readonly isOutdated: boolean
}

/** OWASP's first choice for argon2id: 19 MiB, 2 passes, 1 lane; about 40 ms of one core. */
export const COST: Cost = { memory: 19_456, passes: 2, lanes: 1 }

export function createPasswords({ pepper, random, cost = COST, derive = deriveArgon2id }: PasswordOptions): Passwords {
  // libuv has 4 threads, which file serving and DNS need as well: a storm of logins may take half of them, and wait.
  const turns = limited(AT_ONCE, WAITING, () => new GateError('busy', 'too many passwords are being checked', { retryAfterMs: 2000 }))
  const dummy = { ...cost, salt: random(SALT_BYTES), hash: random(HASH_BYTES) }

  function keyed(password: string): Buffer {
    // NFC first: the same letters typed on another system come in another form (RFC 8265 §4.2.1).
    return createHmac('sha256', pepper)
      .update(`cloakroom password\0${password.normalize('NFC')}`)
      .digest()
  }

  function reserve(): Place {
    const turn = turns.reserve()
    return {
      verify: (password, stored) =>
        turn.run(async () => {
          const known = stored === null ? null : readPhc(stored)
          const against = known ?? dummy
          const found = await derive(keyed(password), against.salt, against, against.hash.length)
          const holds = timingSafeEqual(found, against.hash) && known !== null
          return { holds, isOutdated: holds && isCheaper(against, cost) }
        }),
      release: () => turn.release(),
    }
  }

  return {
    reserve,
    hash: (password) =>
      turns.run(async () => {
        const salt = random(SALT_BYTES)
        return writePhc({ ...cost, salt, hash: await derive(keyed(password), salt, cost, HASH_BYTES) })
      }),
  }
}

const AT_ONCE = 2
/** At 40 ms each and two at once, the last in the queue waits about 1.3 s. */
const WAITING = 64
const SALT_BYTES = 16
const HASH_BYTES = 32

export const deriveArgon2id: Derive = (message, nonce, { memory, passes, lanes }, tagLength) =>
  new Promise((resolve, reject) => {
    argon2('argon2id', { message, nonce, memory, passes, parallelism: lanes, tagLength }, (error, hash) => {
      if (error === null || error === undefined) resolve(hash)
      else reject(new GateError('internal', 'argon2id failed', { cause: error }))
    })
  })

function isCheaper(one: Cost, other: Cost): boolean {
  return one.memory * one.passes < other.memory * other.passes || one.memory < other.memory
}
