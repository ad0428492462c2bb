import type { Challenge, Payload } from 'altcha-lib/types'
import type { Difficulty } from '../decide/challenge.ts'

/** What a browser gets to solve; see docs/guard-actions.md. */
export interface Puzzle {
  readonly parameters: Challenge['parameters']
  readonly signature: string
}

/**
 * The work for each difficulty: on average 256 tries of PBKDF2-HMAC-SHA-256 with so many rounds. One try is what checking a solution costs
 * us. PBKDF2, because a browser does it almost as fast as anybody: of plain SHA-256 a program does a hundred times as much.
 */
const ROUNDS: Readonly<Record<Difficulty, number>> = { easy: 400, medium: 2_500, hard: 15_000 }

/** Loaded with the first challenge: most gateways never send one. */
async function altcha() {
  const [{ createChallenge, verifySolution }, { deriveKey }] = await Promise.all([
    import('altcha-lib'),
    import('altcha-lib/algorithms/pbkdf2'),
  ])
  return { createChallenge, verifySolution, deriveKey }
}

export async function makePuzzle(difficulty: Difficulty, seal: string, secret: string): Promise<Puzzle> {
  const { createChallenge, deriveKey } = await altcha()
  const { parameters, signature } = await createChallenge({
    algorithm: 'PBKDF2/SHA-256',
    cost: ROUNDS[difficulty],
    keyPrefix: '00',
    deriveKey,
    data: { seal },
    hmacSignatureSecret: secret,
  })
  return { parameters, signature: signature ?? '' }
}

export async function isSolved({ challenge, solution }: Payload, secret: string): Promise<boolean> {
  const { verifySolution, deriveKey } = await altcha()
  // Signature first: nobody makes us do rounds that we did not ask for.
  return (await verifySolution({ challenge, solution, deriveKey, hmacSignatureSecret: secret })).verified
}

/** Longer than any that we made. */
const LONGEST = 8_192

/** base64url of altcha's payload as JSON. Null for what cannot be one; what is in there is checked by whoever uses it. */
export function readPayload(text: string): { readonly payload: Payload; readonly seal: string } | null {
  if (text.length > LONGEST || !/^[A-Za-z0-9_-]+$/.test(text)) return null
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
  } catch {
    return null
  }
  const challenge = field(value, 'challenge')
  const solution = field(value, 'solution')
  const parameters = field(challenge, 'parameters')
  const seal = field(field(parameters, 'data'), 'seal')
  if (typeof seal !== 'string' || typeof field(challenge, 'signature') !== 'string' || typeof solution !== 'object') return null
  const texts = ['nonce', 'salt', 'keyPrefix', 'algorithm'].every((name) => typeof field(parameters, name) === 'string')
  return texts ? { payload: value as Payload, seal } : null
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined
}
