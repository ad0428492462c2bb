import { solveChallenge } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2'
import type { ChallengeView } from '@cloakroom/contract'

/** Solves a challenge as any client of ALTCHA would; what is posted as `solution`. */
export async function solve({ parameters, signature }: ChallengeView): Promise<string> {
  const challenge = { parameters, signature }
  const solution = await solveChallenge({ challenge, deriveKey })
  return payloadOf({ challenge, solution })
}

export function payloadOf(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
