import * as z from 'zod'
import { DELIVERABLE, type GuardActionKind, TERMINAL } from '../../packages/gateway/src/decide/guard-action.ts'
import { DEFAULT_RULES } from '../../packages/gateway/src/guard/default-rules.ts'
import { FUNCTIONS } from '../../packages/gateway/src/guard/environment.ts'
import { FACTS, FACTS_VERSION, SIGNAL_FACTS } from '../../packages/gateway/src/guard/facts.ts'
import { guardSchema } from '../../packages/gateway/src/guard/schema.ts'
import { keysOf } from './configuration.ts'

const ABOUT: Readonly<Record<GuardActionKind, string>> = {
  skip: 'Later rules do none of the named actions to this request: `skip: [ban, challenge]`, or `skip: all`.',
  score: 'Points for a signal that is fed `on: decision`: `score: +4`.',
  tag: 'A name in the evidence: `tag: odd-client`.',
  log: 'An event `guard.noted` in the audit trail: `log: warn`.',
  throttle: '429 with `Retry-After`, `RateLimit` and `RateLimit-Policy`: `throttle: auto`, or `throttle: { retry_after: 30s }`.',
  delay: 'Holds the request for at most 10 s, then goes on; 500 at once, beyond which the answer is 503: `delay: 2s`.',
  challenge: 'A proof of work: `challenge: { pow: medium, else: { block: 403 } }`.',
  step_up: 'A fresh second factor: `step_up: { factors: [passkey, totp], max_age: 5m, else: { block: 403 } }`.',
  decoy: 'A plausible answer that is not true, from `decoys`: `decoy: { profile: NAME, else: { block: 404 } }`.',
  tarpit: 'Holds the connection, then refuses: `tarpit: { for: 60s, else: { block: 403 } }`.',
  block: '`block: 403`, or `block: 404` as if there were nothing.',
  ban: 'Refuses from now on: `ban: { key: ip.net, for: "10m * 2^min(prior_bans, 8)", scope: [login] }`.',
  revoke: 'Ends the session, or all of the account: `revoke: session`, `revoke: account`. In a request, the answer is 401.',
  disable_credential:
    'The secret is used no more until a person enables it: `disable_credential: { name: route, else: { block: 403 } }`; `by_strangers: true` lets anybody cause it.',
  notify: 'Tells somebody: `notify: CHANNEL`.',
}

/** docs/reference/guard.md: keys, facts, functions and actions of guard.yaml. */
export function guardPage(): string {
  const facts = Object.entries(FACTS).flatMap(([space, own]) =>
    Object.entries(own).map(([name, { type, about }]) => `| \`${space}.${name}\` | ${type} | ${about} |`),
  )
  const signals = Object.entries(SIGNAL_FACTS).map(([name, { type, about }]) => `| \`signal.NAME.${name}\` | ${type} | ${about} |`)
  const actions = (Object.entries(ABOUT) as readonly (readonly [GuardActionKind, string])[])
    .filter(([kind]) => DELIVERABLE[kind])
    .map(([kind, about]) => `| \`${kind}\` | ${TERMINAL.has(kind) ? 'ends the walk' : 'goes on'} | ${about} |`)
  const keys = keysOf(z.toJSONSchema(guardSchema, { io: 'input', unrepresentable: 'any' }), '', false)
  return `<!-- Made by scripts/generate-reference.ts from packages/gateway/src/guard. -->

# guard.yaml

How to write rules is in [the guard](../guard.md). YAML 1.2, at most 4 MiB; relative paths begin in the folder of the file.

## Keys

| key | takes | default | meaning |
|---|---|---|---|
${keys.join('\n')}

## Facts, version ${FACTS_VERSION}

All that a condition can name. What is not known in a phase is refused when the file is loaded. A fact can be unknown: then \`&&\` and \`||\` go on
without it where they can (\`false && unknown\` is false), and a condition that stays unknown does what \`on_unknown\` says.

| fact | type | meaning |
|---|---|---|
${[...facts, ...signals].join('\n')}

## Functions

Beside the operators of CEL: \`&& || ! == != < <= > >= in + - * / % ?:\`. \`matches\` is refused: it can take exponential time on a text that a visitor chooses.

| function | meaning |
|---|---|
${FUNCTIONS.map(({ name, about }) => `| \`${name}\` | ${about} |`).join('\n')}

## Actions

The first rule that ends the walk wins; a rule has at most one answer (throttle, challenge, step_up, decoy, tarpit, block).

| action | then | meaning |
|---|---|---|
${actions.join('\n')}

## The rules that come with the gateway

In force without any guard.yaml, and after the rules of one unless it says \`defaults: false\`.

\`\`\`yaml${DEFAULT_RULES}\`\`\`
`
}
