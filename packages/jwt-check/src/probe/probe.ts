import type { Report } from '../check.ts'
import { attacks as allAttacks } from './attacks.ts'
import { assault, type AttackResult, type Trial } from './assault.ts'
import { startCanary } from './canary.ts'
import { httpTarget, isLoopback } from './http-target.ts'
import { judge } from './judge.ts'
import { attackerKey, materialFrom } from './material.ts'
import type { ProbeOptions } from './probe-options.ts'
import { callbackTarget, type Target, type VerifierCallback } from './target.ts'

/** `inconclusive` says why nothing can be concluded; then `report` is empty. */
export type ProbeOutcome = {
  readonly report: Report
  readonly trials: readonly Trial[]
  readonly skipped: readonly { readonly attack: string; readonly ruleId: string; readonly reason: string }[]
  readonly inconclusive?: string
}

/**
 * Attacks a verifier with forged variants of a valid JWT, and reports what it accepted (RFC 8725bis; the rules' own sources).
 * Sends JWTs to the given verifier only; loopback only, unless told that the host is one's own. Throws for unusable options.
 */
export async function probe(verifier: VerifierCallback | URL | string, options: ProbeOptions): Promise<ProbeOutcome> {
  const target = targetOf(verifier, options)
  const attacker = await attackerKey()
  const canary = await startCanary(attacker)
  try {
    const fresh = () => materialFrom(options, attacker, canary)
    const start = await baseline(target, fresh)
    if (typeof start === 'string') return { report: judge([], target), trials: [], skipped: [], inconclusive: start }
    if (start.acceptsGarbage) return finished(target, [start.garbage], [])
    const results: AttackResult[] = []
    for (const attack of allAttacks) {
      if (options.ignore?.has(attack.ruleId) === true || options.only?.has(attack.ruleId) === false) continue
      const result = await assault(attack, await fresh(), target, start.usualMs, canary)
      results.push(result)
      const wounded = result.trials.some(({ verdict }) => verdict === 'broken' || verdict === 'slow')
      // A verifier that went down would seem to refuse everything that follows.
      if (wounded && !(await stillWorks(target, fresh)))
        return {
          ...finished(target, all(results), results),
          inconclusive: `After ${attack.name} the verifier refuses valid JWTs; the rest was not tried.`,
        }
    }
    return finished(target, all(results), results)
  } finally {
    await canary.close()
  }
}

function targetOf(verifier: VerifierCallback | URL | string, options: ProbeOptions): Target {
  const timeoutMs = options.timeoutMs ?? 5000
  if (typeof verifier === 'function') return callbackTarget(verifier, timeoutMs)
  const address = String(verifier)
  if (!URL.canParse(address)) throw new TypeError('The verifier is neither a function nor a URL.')
  const url = new URL(address)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new TypeError("The verifier's URL must be http or https.")
  if (!isLoopback(url) && options.iOwnThisHost !== true)
    throw new TypeError('The probe attacks this machine only, unless you state that you own the host.')
  const header = options.header ?? 'Authorization: Bearer {jwt}'
  if (!/^[\w-]+:.*\{jwt\}/.test(header)) throw new TypeError('The header must have the form "Name: value with {jwt}".')
  return httpTarget(url, { header, timeoutMs })
}

type Baseline = { readonly usualMs: number; readonly acceptsGarbage: boolean; readonly garbage: Trial }

async function baseline(target: Target, fresh: () => ReturnType<typeof materialFrom>): Promise<Baseline | string> {
  const { valid } = await fresh()
  const answer = await target.send(valid.compact)
  if (answer.outcome !== 'accepted')
    return `The verifier does not accept the valid JWT (${answer.outcome}${answer.status === 0 ? '' : `, ${answer.status}`}): nothing can be concluded.`
  const garbage = await target.send('e30.e30.AAAA')
  return {
    usualMs: answer.milliseconds,
    acceptsGarbage: garbage.outcome === 'accepted',
    garbage: {
      attack: 'garbage',
      ruleId: 'JWT-44',
      label: 'a string that is no JWT at all; it seems to verify nothing',
      severity: 'error',
      outcome: garbage.outcome,
      verdict: 'accepted',
      status: garbage.status,
      milliseconds: Math.round(garbage.milliseconds),
      shown: 'e30.e30.AAAA',
      flaw: 'form',
      body: '',
    },
  }
}

async function stillWorks(target: Target, fresh: () => ReturnType<typeof materialFrom>): Promise<boolean> {
  const { valid } = await fresh()
  return (await target.send(valid.compact)).outcome === 'accepted'
}

function all(results: readonly AttackResult[]): readonly Trial[] {
  return results.flatMap(({ trials }) => trials)
}

function finished(target: Target, trials: readonly Trial[], results: readonly AttackResult[]): ProbeOutcome {
  const skipped = results.flatMap(({ attack, skipped }) =>
    skipped === undefined ? [] : [{ attack: attack.name, ruleId: attack.ruleId, reason: skipped }],
  )
  return { report: judge(trials, target), trials, skipped }
}
