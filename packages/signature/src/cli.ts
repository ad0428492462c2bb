import { systemClock } from './clock.ts'
import { HELP } from './cli/help.ts'
import { keygen } from './cli/keygen.ts'
import { sign } from './cli/sign.ts'
import { EXIT, usage, type CommandResult, type Terminal } from './cli/terminal.ts'
import { verify } from './cli/verify.ts'
import { windowCommand } from './cli/window.ts'

const COMMANDS: Readonly<Record<string, (words: string[], terminal: Terminal) => Promise<CommandResult>>> = {
  keygen,
  sign,
  verify,
  window: windowCommand,
}

/** Runs one command line, without the program's name, and gives its exit code. */
export async function run(words: readonly string[], terminal: Terminal = processTerminal): Promise<number> {
  if (words.length === 0 || words.includes('--help') || words.includes('-h')) {
    terminal.print(HELP)
    return words.length === 0 ? EXIT.usage : EXIT.ok
  }
  const result = await dispatch(words, terminal)
  if (typeof result === 'number') return result
  terminal.complain(result.complaint)
  return result.exit
}

async function dispatch([name = '', ...rest]: readonly string[], terminal: Terminal): Promise<CommandResult> {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command === undefined) return usage(`No command ${name}.`)
  try {
    return await command(rest, terminal)
  } catch (error) {
    // `parseArgs` throws on options that it does not know; everything else that throws is our bug and shall be seen.
    if (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) return usage(error.message)
    throw error
  }
}

const processTerminal: Terminal = {
  print: (line) => void process.stdout.write(`${line}\n`),
  complain: (line) => void process.stderr.write(`${line}\n`),
  readInput: async () => {
    const chunks: Uint8Array[] = []
    for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array)
    return new Uint8Array(Buffer.concat(chunks))
  },
  now: systemClock,
}
