import { resolve } from 'node:path'
import type { Command } from 'commander'
import { loadConfig } from '../config/load.ts'
import { CHECKS, UNTRIED } from '../selftest/checks.ts'
import { configProblems, withVault } from './open.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done, EXIT, type Outcome } from './outcome.ts'
import { table } from './secret-show.ts'
import type { Does, World } from './world.ts'

export function addSelfTest(program: Command, does: Does): void {
  withCommonOptions(program.command('self-test'))
    .description(
      'Attack this configuration: run it on a store, a vault and an API of its own, and try the ways round each of its defences.',
    )
    .addHelpText(
      'after',
      `
Examples:
  cloakroom self-test
  cloakroom self-test --config staging.yaml --json

Beside a running gateway, too: it uses free ports and a temporary folder, made-up secrets, and sends nothing to your APIs. TLS, signatures towards
APIs, providers and rules of guard.yaml are left out: see cloakroom doctor and cloakroom guard test.
Exit code 0 when every defence holds, 1 when one does not, 78 when cloakroom.yaml cannot be used.`,
    )
    .action(does((world: World, options: CommonOptions) => selfTest(world, options)))
}

type Result = 'holds' | 'not tried' | 'FAILED'

async function selfTest(world: World, options: CommonOptions): Promise<Outcome> {
  const loaded = loadConfig(resolve(world.terminal.cwd, options.config))
  if (loaded.kind === 'problems') return configProblems(loaded.problems, options.config)
  return await withVault(world, options.config, async ({ vault }) => {
    const { openStand } = await import('./self-test-stand.ts')
    const stand = await openStand(world, loaded.config, await vault.list())
    try {
      const results: { readonly result: Result; readonly what: string; readonly rows: readonly string[]; readonly why: string | null }[] =
        []
      for (const { rows, what, run } of CHECKS) {
        const wrong = await run(stand)
        const result = wrong === null ? 'holds' : wrong === UNTRIED ? 'not tried' : 'FAILED'
        results.push({ result, what, rows, why: typeof wrong === 'string' ? wrong : null })
      }
      const failed = results.filter(({ result }) => result === 'FAILED').length
      const rows = results.map(({ result, what, why }) => [result, why === null ? what : `${what}: ${why}`])
      const verdict =
        failed === 0 ? 'Every defence that was tried holds.' : `${failed === 1 ? 'One defence does' : `${failed} defences do`} not hold.`
      return done(`${table(rows)}\n\n${verdict}`, { results, failed }, failed === 0 ? EXIT.ok : EXIT.failed)
    } finally {
      await stand.close()
    }
  })
}
