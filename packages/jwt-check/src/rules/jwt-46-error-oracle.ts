import type { Remark, Rule } from '../rule.ts'
import type { Exchange, Scene } from '../scene.ts'

const stack = /\bat [\w.$<>]+ ?\([^)]*:\d+(?::\d+)?\)|Traceback \(most recent|\bat [\w.]+\(\w+\.java:\d+\)|node_modules[/\\]/

/** How long a body is compared; longer ones are error pages, where a date or a request number varies. */
const compared = 2000

/** Refusals that tell the attacker how far he got. */
export const errorOracle: Rule = {
  id: 'JWT-46',
  title: 'Refusals reveal the reason',
  severity: 'warning',
  source: 'ASVS 16.5.1',
  why: 'Different answers for a bad signature and a bad claim let an attacker test forged keys one by one; stack traces name the library to attack.',
  remedy: 'Answer 401 with the same short body for every refused JWT, and write the reason to the log.',
  check: (scene) => [...leaks(scene), ...oracle(scene)],
}

function leaks(scene: Scene): readonly Remark[] {
  return refusals(scene)
    .filter(({ body }) => stack.test(body.slice(0, 100_000)))
    .slice(0, 1)
    .map(({ label }) => ({ at: label, pointer: 'response.body', reason: 'The refusal contains a stack trace.' }))
}

function oracle(scene: Scene): readonly Remark[] {
  const bySignature = refusals(scene).find(({ flaw }) => flaw === 'signature')
  const byClaims = refusals(scene).find(({ flaw }) => flaw === 'claims')
  if (bySignature === undefined || byClaims === undefined) return []
  if (bySignature.status !== byClaims.status) {
    return [
      {
        at: byClaims.label,
        pointer: 'response.status',
        reason: `A bad claim is answered ${byClaims.status}, a bad signature ${bySignature.status}.`,
      },
    ]
  }
  if (settled(bySignature.body) === settled(byClaims.body)) return []
  return [{ at: byClaims.label, pointer: 'response.body', reason: 'The bodies for a bad claim and for a bad signature differ.' }]
}

function refusals(scene: Scene): readonly Exchange[] {
  return scene.exchanges.filter(({ status }) => status >= 400)
}

/** The body without what changes from answer to answer: numbers and hexadecimal identifiers. */
function settled(body: string): string {
  return body.slice(0, compared).replaceAll(/\b[0-9a-f-]{8,}\b|\d+/gi, '#')
}
