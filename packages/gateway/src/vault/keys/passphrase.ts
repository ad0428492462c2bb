import { argon2 } from 'node:crypto'
import { GateError } from '../../errors.ts'
import { systemRandom, type Random } from '../../lib/random.ts'
import type { KeyProvider } from './provider.ts'
import { unwrapUnder, wrapUnder } from './wrapping.ts'

/** A passphrase that a person types: Argon2id, 64 MiB, three passes (about 0.2 s). The vault stays closed until it is given. */
export function passphraseKey(ask: () => Promise<string>, random: Random = systemRandom): KeyProvider {
  return {
    name: 'passphrase',
    warning: null,
    async wrap(root, context) {
      const cost: Cost = { memoryKiB: 65_536, passes: 3, lanes: 1, salt: random(16).toString('base64url') }
      const phrase = normal(await ask())
      if (phrase.length < SHORTEST)
        throw new GateError('credential_unavailable', `a passphrase for the vault needs at least ${SHORTEST} characters`)
      return {
        wrapped: wrapUnder(await stretch(phrase, cost), root, context, random),
        parameters: JSON.stringify({ kdf: 'argon2id', ...cost }),
      }
    },
    async unwrap(wrapped, parameters, context) {
      const cost = parseCost(parameters)
      if (cost === null)
        throw new GateError('credential_unavailable', 'the passphrase slot has parameters that this version does not accept')
      return unwrapUnder(await stretch(normal(await ask()), cost), wrapped, context, 'this is not the passphrase of this vault')
    },
  }
}

interface Cost {
  readonly memoryKiB: number
  readonly passes: number
  readonly lanes: number
  readonly salt: string
}

const SHORTEST = 12

/** The same characters typed on another keyboard are the same passphrase; blanks around it come from copying. */
function normal(phrase: string): string {
  return phrase.normalize('NFKC').trim()
}

function stretch(phrase: string, cost: Cost): Promise<Buffer> {
  const message = Buffer.from(phrase)
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const parameters = {
    message,
    nonce: Buffer.from(cost.salt, 'base64url'),
    parallelism: cost.lanes,
    tagLength: 32,
    memory: cost.memoryKiB,
    passes: cost.passes,
  }
  argon2('argon2id', parameters, (failure, key) => {
    message.fill(0)
    if (failure) reject(failure)
    else resolve(key)
  })
  return promise
}

/** Bounded on both sides: whoever writes to the database must not choose how much memory we take, nor how little. */
function parseCost(parameters: string): Cost | null {
  const found: unknown = parse(parameters)
  if (typeof found !== 'object' || found === null || !('kdf' in found) || found.kdf !== 'argon2id') return null
  if (!('memoryKiB' in found && 'passes' in found && 'lanes' in found && 'salt' in found)) return null
  const { memoryKiB, passes, lanes, salt } = found
  if (!within(memoryKiB, 19_456, 1_048_576) || !within(passes, 1, 16) || !within(lanes, 1, 8)) return null
  return typeof salt === 'string' && /^[A-Za-z0-9_-]{22}$/.test(salt) ? { memoryKiB, passes, lanes, salt } : null
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function within(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
}
