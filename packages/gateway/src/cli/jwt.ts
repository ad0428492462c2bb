import type { Command } from 'commander'
import type { Outcome } from './outcome.ts'
import type { Does, World } from './world.ts'

/** The checker of `@cloakroom/jwt-check` under our name: the same arguments, output and exit codes. */
export function addJwt(program: Command, does: Does): void {
  program
    .command('jwt')
    .description('Check JSON Web Tokens, key sets and verifiers against current best practice (`cloakroom jwt --help`).')
    .argument('[argument...]', 'as for the command jwt-check')
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .addHelpText(
      'after',
      `
Examples:
  cloakroom jwt < jwt.txt
  cloakroom jwt --profile access-token --keys keys.json jwt.txt
  cloakroom jwt probe http://localhost:3000/me --jwt-file jwt.txt`,
    )
    .action(does((world: World, argv: readonly string[]) => jwt(world, argv)))
}

async function jwt({ terminal, clock }: World, argv: readonly string[]): Promise<Outcome> {
  const { runJwtCheck } = await import('@cloakroom/jwt-check/cli')
  const exit = await runJwtCheck(argv, {
    stdin: terminal.stdin,
    stdout: { write: (text) => terminal.out(text) },
    stderr: { write: (text) => terminal.err(text) },
    env: terminal.env,
    terminal: terminal.colour,
    interactive: terminal.stdinIsTerminal,
    now: () => Math.floor(clock() / 1000),
  })
  return { kind: 'said', exit }
}
