import { attacks } from './probe/attacks.ts'
import { assault, type Trial } from './probe/assault.ts'
import { startCanary } from './probe/canary.ts'
import { attackerKey, materialFrom } from './probe/material.ts'
import type { ProbeOptions } from './probe/probe-options.ts'
import { callbackTarget, type VerifierCallback } from './probe/target.ts'

/** The part of a test runner that the kit uses: `test` of vitest, or `test` of node:test. */
export type TestFunction = (name: string, run: (context: TestContext) => Promise<void>) => unknown
export type TestContext = { skip(reason?: string): unknown }

/** What the kit needs: the options of `probe` that concern a callback, and the verifier. */
export type KitOptions = Pick<ProbeOptions, 'publicKeys' | 'signingKeys' | 'profile' | 'only' | 'ignore' | 'timeoutMs' | 'now' | 'jwt'> & {
  /** Refuses by throwing, rejecting, or answering `false`, `null` or `undefined`. */
  readonly verify: VerifierCallback
}

/**
 * Registers one test per attack: `testVerifier(test, () => ({ verify, jwt, signingKeys }))`. Options are asked for when each test runs,
 * so they may await set-up. A test fails with the forged variants that were accepted, and is skipped when the attack cannot be made.
 */
export function testVerifier(test: TestFunction, options: () => KitOptions | Promise<KitOptions>): void {
  test('the verifier accepts the valid JWT, or else nothing below means anything', async () => {
    const { verify, jwt, timeoutMs = 5000 } = await options()
    const valid = typeof jwt === 'string' ? jwt : await jwt()
    const { outcome } = await callbackTarget(verify, timeoutMs).send(valid)
    if (outcome !== 'accepted') throw new Error(`The valid JWT was ${outcome}.`)
  })
  for (const attack of attacks) {
    test(`${attack.ruleId} ${attack.name} is refused`, async (context) => {
      const { verify, timeoutMs = 5000, only, ignore, ...rest } = await options()
      if (only?.has(attack.ruleId) === false || ignore?.has(attack.ruleId) === true) {
        context.skip('left out by the options')
        return
      }
      const attacker = await attackerKey()
      const canary = await startCanary(attacker)
      try {
        const result = await assault(attack, await materialFrom(rest, attacker, canary), callbackTarget(verify, timeoutMs), 50, canary)
        if (result.skipped !== undefined) context.skip(result.skipped)
        const bad = result.trials.filter(({ verdict }) => verdict !== 'held' && verdict !== 'unsendable')
        if (bad.length > 0) throw new Error(`Not refused: ${bad.map(described).join('; ')}.`)
      } finally {
        await canary.close()
      }
    })
  }
}

function described({ label, verdict, shown }: Trial): string {
  return `${label} (${verdict}; ${shown})`
}
