import { resolve } from 'node:path'
import type { Command } from 'commander'
import { checkCredentials } from '../config/check-credentials.ts'
import { checkFiles } from '../config/check-files.ts'
import { checkSlashes } from '../config/check-slashes.ts'
import { loadConfig } from '../config/load.ts'
import type { Config } from '../config/paths.ts'
import { formatProblem, sortProblems, type ConfigProblem, type Locate } from '../config/problem.ts'
import { GateError } from '../errors.ts'
import { openSqlite } from '../store/sqlite/open.ts'
import { openVault } from '../vault/vault.ts'
import { checkRunning } from './check-running.ts'
import { checkTheme } from './check-theme.ts'
import { configProblems, hasStore, keyOf, passphraseAsker } from './open.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done, type Outcome } from './outcome.ts'
import type { Does, World } from './world.ts'

interface CheckOptions extends CommonOptions {
  readonly vault: boolean
  readonly running?: boolean
}

export function addCheck(program: Command, does: Does): void {
  withCommonOptions(program.command('check'))
    .description('Say everything that is wrong with the configuration, each with its place and its fix.')
    .option('--no-vault', 'do not open the vault: for machines that have no key, such as CI')
    .option('--running', 'ask the gateway that runs with this configuration whether it is healthy, and nothing else')
    .addHelpText(
      'after',
      '\nExamples:\n  cloakroom check\n  cloakroom check --running\n  cloakroom check --config staging.yaml --no-vault --json\n\nExit code 78 when something is wrong, 0 when only warnings remain. With --running: 0 when it is healthy, 1 when a part of it fails, 69 when nobody answers.',
    )
    .action(does((world: World, options: CheckOptions) => check(world, options)))
}

async function check(world: World, options: CheckOptions): Promise<Outcome> {
  const loaded = loadConfig(resolve(world.terminal.cwd, options.config))
  if (loaded.kind === 'problems') return configProblems(loaded.problems, options.config)
  const { config, locate, warnings } = loaded
  if (options.running === true) return await checkRunning(config)
  const vaultSide = options.vault ? await checkVault(world, config, locate) : []
  const problems = sortProblems([
    ...warnings,
    ...checkSlashes(config, locate),
    ...checkFiles(config, locate),
    ...checkTheme(config, locate),
    ...vaultSide,
  ])
  if (problems.some(({ severity }) => severity === 'error')) return configProblems(problems, options.config)
  const apis = Object.keys(config.apis)
  const scope = options.vault ? 'configuration, files and vault' : 'configuration and files; the vault was not opened'
  const verdict = `${options.config} is in order (${scope}): ${apis.length === 1 ? 'one API' : `${apis.length} APIs`}.`
  const text = [...problems.map((problem) => formatProblem(problem, options.config)), verdict].join('\n')
  return done(text, { file: config.file, apis, problems })
}

/** What only the vault knows; that it cannot be opened is a problem like any other. */
export async function checkVault(world: World, config: Config, locate: Locate): Promise<readonly ConfigProblem[]> {
  const isAsked = Object.keys(config.oidc).length > 0 || Object.values(config.apis).some((api) => api.credential !== null)
  if (!isAsked) return []
  const spot = locate(['vault', 'key'], 'value')
  const at = { severity: 'error', key: 'vault.key', line: spot?.line ?? null, column: spot?.column ?? null } as const
  if (!hasStore(config)) {
    return [
      {
        ...at,
        code: 'vault_missing',
        text: `There is no vault in ${config.store} yet.`,
        fix: 'Make one with `cloakroom init`, or correct `store`.',
      },
    ]
  }
  const stores = openSqlite(config.store)
  try {
    const vault = await openVault(
      stores.vault,
      keyOf(config, world.terminal, passphraseAsker(world.terminal, 'The vault’s passphrase').ask),
      world,
    )
    try {
      return checkCredentials(config, locate, await vault.list(), world.clock())
    } finally {
      vault.close()
    }
  } catch (cause) {
    if (!(cause instanceof GateError) || cause.code !== 'credential_unavailable') throw cause
    const text = `The vault does not open: ${cause.message.slice(cause.code.length + 2)}.`
    return [{ ...at, code: 'vault_closed', text, fix: 'Mend that; if the key is lost, use `cloakroom secret rekey --recover`.' }]
  } finally {
    await stores.close()
  }
}
