import { styleText } from 'node:util'
import { EXIT, type Outcome } from './outcome.ts'
import type { Terminal } from './terminal.ts'

/** Shows what came of a command; answers its exit code. With --json, standard output holds one JSON value and nothing else. */
export function show(outcome: Outcome, terminal: Terminal, asJson: boolean): number {
  switch (outcome.kind) {
    case 'done':
      if (asJson) terminal.out(`${JSON.stringify(outcome.value, null, 2)}\n`)
      else if (outcome.human !== '') terminal.out(`${outcome.human}\n`)
      return outcome.exit
    case 'failed': {
      const { exit, problem, fix, more } = outcome
      if (asJson) {
        terminal.out(
          `${JSON.stringify({ error: { exit, problem, fix, ...(more === undefined ? {} : { problems: more.value }) } }, null, 2)}\n`,
        )
        return exit
      }
      if (more !== undefined) terminal.err(`${more.human}\n\n`)
      terminal.err(`${paint('red', 'error:', terminal)} ${problem}\n${fix}\n`)
      return exit
    }
    case 'said':
      return outcome.exit
    case 'interrupted':
      terminal.err('Stopped; nothing was changed.\n')
      return EXIT.interrupted
  }
}

export function paint(style: 'red' | 'bold' | 'dim' | 'yellow', text: string, { colour }: Terminal): string {
  return colour ? styleText(style, text, { validateStream: false }) : text
}
