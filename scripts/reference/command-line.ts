import type { Command } from 'commander'
import { buildProgram } from '../../packages/gateway/src/cli/program.ts'

/** docs/reference/command-line.md: the help of every command, as the terminal shows it at 100 columns. */
export async function commandLinePage(): Promise<string> {
  const silent = { out: () => undefined, err: () => undefined, width: 100 }
  const program = await buildProgram(silent, () => async () => undefined)
  return `<!-- Made by scripts/generate-reference.ts from packages/gateway/src/cli. -->

# The command line

${section(program, 'cloakroom')}
## Exit codes

| code | meaning |
|---|---|
| 0 | done; \`check\` and \`scan\` found nothing |
| 1 | not done as asked (a name that is taken, a password that is too weak), or \`scan\` found something |
| 64 | the arguments are wrong |
| 69 | something is not available now: the store is locked, a port is taken, this Node is too old |
| 70 | a mistake in cloakroom |
| 73 | a file is in the way, or cannot be made |
| 74 | a file cannot be read or written, or the disk is full |
| 78 | the configuration, the key or the vault does not fit |
| 130 | stopped with Ctrl-C; nothing was changed |

## For scripts

- \`--json\` prints one JSON value on standard output; a failure is \`{ "error": { "exit", "problem", "fix" } }\`.
- Questions, warnings and notes go to standard error. The recovery passphrase is shown there, once, and is never part of a result.
- Secrets and passwords are typed at a hidden prompt, piped in, or read from \`--secret-file\` or \`--password-file\`; one line end behind them is left
  out. They are never arguments: those stay in the shell's history and show in the list of processes.
- The commands work on the same files as a running gateway and take effect at its next request.
- Colours are off where output is no terminal, and with \`NO_COLOR\`.
`
}

function section(command: Command, name: string): string {
  let text = ''
  command.configureOutput({
    writeOut: (piece) => {
      text += piece
    },
    getOutHelpWidth: () => 100,
    getOutHasColors: () => false,
  })
  command.outputHelp()
  const own = `## ${name}\n\n\`\`\`\n${text.trim()}\n\`\`\`\n`
  return [own, ...command.commands.map((inner) => section(inner, `${name} ${inner.name()}`))].join('\n')
}
