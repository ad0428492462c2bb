import { printable, redact } from '../finding.ts'
import { headerOf } from '../jose/jwt.ts'
import { readJwt } from '../jose/read.ts'
import type { Attack, Forgery, Material } from './attack.ts'
import type { Canary } from './canary.ts'
import type { Answer, Outcome, Target } from './target.ts'

/** What one forgery led to. `verdict` `held` is the good one. */
export type Trial = {
  readonly attack: string
  readonly ruleId: Attack['ruleId']
  readonly label: string
  readonly severity: 'error' | 'warning' | 'info'
  readonly outcome: Outcome
  readonly verdict: 'held' | 'accepted' | 'obeyed' | 'slow' | 'broken' | 'unsendable'
  readonly status: number
  readonly milliseconds: number
  /** The forged JWT in redacted form, with its header in plain text: enough to make it again, too little to use it. */
  readonly shown: string
  readonly flaw: Forgery['flaw']
  readonly body: string
}

export type AttackResult = { readonly attack: Attack; readonly trials: readonly Trial[]; readonly skipped?: string }

/** Forges and sends everything that one attack has. The usual time of the verifier is the yardstick for slowness. */
export async function assault(attack: Attack, material: Material, target: Target, usualMs: number, canary?: Canary): Promise<AttackResult> {
  const forgeries = await attack.forge(material)
  if ('skipped' in forgeries) return { attack, trials: [], skipped: forgeries.skipped }
  const trials: Trial[] = []
  for (const forgery of forgeries) {
    if (forgery.before !== undefined) await target.send(forgery.before)
    const answer = await target.send(forgery.jwt)
    trials.push(trial(attack, forgery, answer, verdict(forgery, answer, usualMs, canary)))
  }
  return { attack, trials }
}

function verdict(forgery: Forgery, answer: Answer, usualMs: number, canary: Canary | undefined): Trial['verdict'] {
  // A visit to the attacker's address is a finding whatever the verifier answers afterwards.
  if (forgery.canaryPath !== undefined && canary?.visited.has(forgery.canaryPath) === true) return 'obeyed'
  switch (answer.outcome) {
    case 'accepted':
      return 'accepted'
    case 'unsendable':
      return 'unsendable'
    case 'broken':
      return 'broken'
    case 'silent':
      return 'slow'
    case 'refused':
      return forgery.slowFrom !== undefined && answer.milliseconds > usualMs + forgery.slowFrom ? 'slow' : 'held'
  }
}

function trial({ name, ruleId }: Attack, forgery: Forgery, answer: Answer, verdict: Trial['verdict']): Trial {
  return {
    attack: name,
    ruleId,
    label: forgery.label,
    severity: verdict === 'broken' ? 'warning' : (forgery.severity ?? 'error'),
    outcome: answer.outcome,
    verdict,
    status: answer.status,
    milliseconds: Math.round(answer.milliseconds),
    shown: shownForm(forgery.jwt),
    flaw: forgery.flaw,
    body: answer.body,
  }
}

function shownForm(jwt: string): string {
  const header = headerOf(readJwt(jwt))
  return header === undefined ? redact(jwt) : `${redact(jwt)} with header ${printable(JSON.stringify(header), 160)}`
}
