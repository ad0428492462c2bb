import { basename, resolve } from 'node:path'
import type { Command } from 'commander'
import { plainText } from '../audit/plain-text.ts'
import { compilePolicy } from '../config/compile.ts'
import { loadConfig } from '../config/load.ts'
import { parseDuration } from '../config/units.ts'
import { loadGuard, type LoadedGuard } from '../guard/load.ts'
import { unrecordedIn } from '../guard/recorded.ts'
import { createReplay } from '../guard/replay.ts'
import { momentsOf } from '../guard/replay-moments.ts'
import { type Change, type Difference, differenceOf } from '../guard/replay-difference.ts'
import { endpointIdOf } from '../http/endpoints.ts'
import { configProblems, withStore } from './open.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done, EXIT, failed, type Outcome } from './outcome.ts'
import type { Does, World } from './world.ts'

interface ReplayOptions extends CommonOptions {
  readonly since: string
  readonly diff?: string
}

export function addGuardReplay(guard: Command, does: Does): void {
  withCommonOptions(guard.command('replay'))
    .description(
      'Say what other rules would have done to the requests that were recorded: how many visitors would be challenged, blocked, banned.',
    )
    .option('--since <time>', 'how far back, as in 12h or 7d', '7d')
    .option('--diff <file>', 'another guard.yaml; left out, what the rules in force do is told')
    .addHelpText(
      'after',
      '\nExamples:\n  cloakroom guard replay --since 7d --diff new.yaml\n  cloakroom guard replay --diff new.yaml --json\n\nRefusals are recorded of everybody; passed requests only of the share of the visitors that `decisions.replay.actors` says.',
    )
    .action(does((world: World, options: ReplayOptions) => replay(world, options)))
}

async function replay(world: World, options: ReplayOptions): Promise<Outcome> {
  const sinceMs = parseDuration(options.since)
  if (sinceMs === null) return failed(EXIT.usage, '--since is no time.', 'Write a duration, as in 12h or 7d.')
  const loaded = loadConfig(resolve(world.terminal.cwd, options.config))
  if (loaded.kind === 'problems') return configProblems(loaded.problems, options.config)
  const { config } = loaded
  const file = options.diff === undefined ? null : resolve(world.terminal.cwd, options.diff)
  const other = file === null ? null : loadGuard(file)
  if (other?.kind === 'problems') return configProblems(other.problems, options.diff ?? '', 'run this again.')
  const inForce = typeof config.rules === 'string' ? null : config.rules
  const tried: LoadedGuard | null = other ?? inForce
  if (tried === null)
    return failed(EXIT.failed, 'The guard is off.', 'Name a file with --diff, or write `guard: ./guard.yaml` in cloakroom.yaml.')
  const policy = compilePolicy(config)
  const start = world.clock() - sinceMs
  return await withStore(world, options.config, async ({ stores }) => {
    const before = other === null || inForce === null ? null : createReplay(inForce.guard, policy, endpointIdOf)
    const found = await differenceOf(momentsOf(stores, start), before, createReplay(tried.guard, policy, endpointIdOf))
    const unseen = unrecordedIn(tried.guard)
    const actors = config.decisions.replay.actors
    if (found.requests === 0)
      return failed(
        EXIT.failed,
        `Nothing was recorded in the last ${options.since}.`,
        'Refusals are recorded by themselves; for passed requests say `decisions: { replay: { actors: 10 } }` in cloakroom.yaml, and wait.',
      )
    const names = {
      other: file === null ? null : basename(file),
      inForce: config.guard === null ? 'the rules that come with the gateway' : basename(config.guard),
    }
    return done(plain(found, unseen, actors, names), { since: new Date(start).toISOString(), actors, unrecorded: unseen, ...found })
  })
}

interface Names {
  readonly other: string | null
  readonly inForce: string
}

function plain(found: Difference, unseen: readonly string[], actors: number, { other, inForce }: Names): string {
  const lines = [
    `${found.requests} recorded requests of ${count(found.visitors, 'visitor')}, ${found.signedIn} of them signed in.`,
    `Refusals are recorded of everybody, passed requests of ${actors} of 100 visitors (decisions.replay.actors).`,
    '',
    other === null ? `With ${inForce}:` : `With ${other} instead of ${inForce}:`,
    ...(found.changes.length === 0 ? ['  nothing would be different'] : found.changes.map((change) => `  ${sentence(change)}`)),
  ]
  if (found.rules.length > 0) lines.push('', 'Rules that held:')
  for (const { rule, mode, requests, visitors, signedIn } of found.rules)
    lines.push(
      `  ${plainText(rule, 64)} (${mode}): ${count(requests, 'request')} of ${count(visitors, 'visitor')}, ${signedIn} of them signed in`,
    )
  if (unseen.length > 0) lines.push('', `Not recorded, so conditions saw it empty or unknown: ${unseen.join(', ')}.`)
  return lines.join('\n')
}

const DONE: Readonly<Record<Change['action'], string>> = {
  throttle: 'throttled',
  challenge: 'challenged',
  step_up: 'asked for a fresh proof',
  decoy: 'served a decoy',
  tarpit: 'held in a tarpit',
  block: 'blocked',
  ban: 'banned',
  banned: 'refused for a ban',
  revoke: 'signed out',
  'signed-out': 'refused as signed out',
  disable_credential: 'refused, and the credential disabled',
  skip: 'skipped',
  score: 'scored',
  tag: 'tagged',
  log: 'logged',
  delay: 'delayed',
  notify: 'told of',
}

function sentence({ action, rule, instead, requests, visitors, signedIn, examples }: Change): string {
  const who = `${count(visitors, 'visitor')} ${instead} ${instead === 'would' ? 'have been' : 'be'} ${DONE[action]}`
  const by = rule === null ? '' : ` by ${plainText(rule, 64)}`
  return `${who}${by}, ${signedIn} of them signed in: ${count(requests, 'request')}, such as ${examples[0] ?? ''}`
}

function count(many: number, what: string): string {
  return `${many} ${what}${many === 1 ? '' : 's'}`
}
