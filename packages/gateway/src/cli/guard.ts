import { resolve } from 'node:path'
import type { Command } from 'commander'
import { compilePolicy } from '../config/compile.ts'
import { loadConfig } from '../config/load.ts'
import type { Config } from '../config/paths.ts'
import { formatProblem } from '../config/problem.ts'
import { arm, disarm } from '../guard/guard-switch.ts'
import { lintGuard } from '../guard/lint.ts'
import { rehearse } from '../guard/rehearse.ts'
import { endpointIdOf } from '../http/endpoints.ts'
import { memoryCounters } from '../store/memory/counters.ts'
import { addGuardReplay } from './guard-replay.ts'
import { configProblems } from './open.ts'
import { type CommonOptions, withCommonOptions } from './options.ts'
import { done, EXIT, failed, type Outcome } from './outcome.ts'
import type { Does, World } from './world.ts'

/** `cloakroom guard …`: rules against abuse, before they bite and when they bit the wrong one. */
export function addGuard(program: Command, does: Does): void {
  const guard = program.command('guard').description('Try the rules of guard.yaml out, look them over, and disarm them.')
  withCommonOptions(guard.command('test'))
    .description('Run the tests that stand in guard.yaml, under a clock of their own and without an API.')
    .addHelpText(
      'after',
      '\nExamples:\n  cloakroom guard test\n  cloakroom guard test --config staging.yaml --json\n\nExit code 1 when a test fails, 78 when a file has a mistake.',
    )
    .action(does((world: World, options: CommonOptions) => test(world, options)))
  withCommonOptions(guard.command('lint'))
    .description(
      'Say what works but should not stay: rules that are never reached, unbounded keys, old shadows, rules in force without a test.',
    )
    .addHelpText('after', '\nExamples:\n  cloakroom guard lint\n\nExit code 1 when there is something to say.')
    .action(does((world: World, options: CommonOptions) => lint(world, options)))
  addGuardReplay(guard, does)
  withCommonOptions(guard.command('disarm'))
    .description(
      'From now on no rule does anything: each says what it would have done. Takes effect within a second, on every gateway of this store.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  cloakroom guard disarm\n\nIt stays disarmed over restarts, until `cloakroom guard arm`. A mistake in guard.yaml does not matter.',
    )
    .action(does((world: World, options: CommonOptions) => turn(world, options, false)))
  withCommonOptions(guard.command('arm'))
    .description('Put the rules in force again after `guard disarm`.')
    .addHelpText('after', '\nExamples:\n  cloakroom guard arm')
    .action(does((world: World, options: CommonOptions) => turn(world, options, true)))
}

async function test(world: World, options: CommonOptions): Promise<Outcome> {
  const loaded = loadConfig(resolve(world.terminal.cwd, options.config))
  if (loaded.kind === 'problems') return configProblems(loaded.problems, options.config)
  const { rules } = loaded.config
  if (typeof rules === 'string' || rules.tests.length === 0) return withoutFile(loaded.config, 'tests')
  const results = await rehearse(rules.tests, {
    policy: compilePolicy(loaded.config),
    idOf: endpointIdOf,
    counters: () => memoryCounters(MOST_COUNTERS),
    at: world.clock(),
  })
  const bad = results.filter(({ failure }) => failure !== null)
  const lines = results.map(({ name, failure }) => (failure === null ? `ok      ${name}` : `FAILED  ${name}\n        ${failure}`))
  const count = `${results.length - bad.length} of ${results.length} tests passed.`
  return done(
    [...lines, count].join('\n'),
    { passed: results.length - bad.length, failed: bad.length, tests: results },
    bad.length === 0 ? EXIT.ok : EXIT.failed,
  )
}

async function lint(world: World, options: CommonOptions): Promise<Outcome> {
  const loaded = loadConfig(resolve(world.terminal.cwd, options.config))
  if (loaded.kind === 'problems') return configProblems(loaded.problems, options.config)
  const { rules, guard } = loaded.config
  if (typeof rules === 'string' || guard === null) return withoutFile(loaded.config, 'rules of your own')
  const found = lintGuard(rules, guard, world.clock())
  const text =
    found.length === 0 ? `${guard} has nothing to say against it.` : found.map((problem) => formatProblem(problem, guard)).join('\n')
  return done(text, { problems: found }, found.length === 0 ? EXIT.ok : EXIT.failed)
}

async function turn(world: World, options: CommonOptions, on: boolean): Promise<Outcome> {
  const loaded = loadConfig(resolve(world.terminal.cwd, options.config), { withoutRules: true })
  if (loaded.kind === 'problems') return configProblems(loaded.problems, options.config)
  const { store } = loaded.config
  if (!on) {
    disarm(store, `${new Date(world.clock()).toISOString()}\n`)
    return done('The guard is disarmed. Put it in force again with `cloakroom guard arm`.', { armed: false })
  }
  const was = arm(store)
  return done(was ? 'The guard is armed.' : 'The guard was armed already.', { armed: true })
}

/** Keys of one test. */
const MOST_COUNTERS = 1_000_000

function withoutFile({ guard }: Config, what: string): Outcome {
  if (guard === 'off') return failed(EXIT.failed, 'The guard is off.', 'Write `guard: ./guard.yaml` in cloakroom.yaml.')
  if (guard === null)
    return failed(
      EXIT.failed,
      `There are no ${what}: only the rules that come with the gateway are in force.`,
      'Write `guard: ./guard.yaml` in cloakroom.yaml, and see docs/guard.md.',
    )
  return failed(EXIT.failed, `${guard} has no ${what}.`, 'Add some under `tests`; docs/guard.md shows how.')
}
