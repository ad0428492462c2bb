import { checkScene } from '../check.ts'
import { buildScene } from '../build-scene.ts'
import { printable } from '../finding.ts'
import { version } from '../version.ts'
import { explain, listRules } from './catalogue.ts'
import { conclude } from './conclude.ts'
import { help } from './help.ts'
import { gather } from './gather.ts'
import { CommandProblem, exitCodes, type Io } from './io.ts'
import { type Options, parseOptions } from './options.ts'
import { runProbe } from './probe-command.ts'

/**
 * The command: `argv` without program name, all effects through `io`. Answers the exit code (0 clean, 1 findings, 2 usage,
 * 3 input, 4 probe without conclusion) and never throws for anything that a user or an input can cause.
 */
export async function runJwtCheck(argv: readonly string[], io: Io): Promise<number> {
  try {
    return await dispatch(parseOptions(argv), io)
  } catch (error) {
    if (!(error instanceof CommandProblem)) throw error
    io.stderr.write(`jwt-check: ${printable(error.message)}\n`)
    return error.exitCode
  }
}

async function dispatch(options: Options, io: Io): Promise<number> {
  if (options.help === true) return say(io, help)
  if (options.version === true) return say(io, `${version}\n`)
  const [command, ...rest] = options.positionals
  switch (command) {
    case 'rules':
      return say(io, listRules(options.json === true))
    case 'explain':
      return say(io, explain(rest[0] ?? ''))
    case 'probe':
      return runProbe(rest, options, io)
    case 'scan':
      return examine(rest, 'scan', options, io)
    case undefined:
    default:
      return examine(options.positionals, 'check', options, io)
  }
}

async function examine(inputs: readonly string[], mode: 'check' | 'scan', options: Options, io: Io): Promise<number> {
  const parts = await gather(inputs, mode, options, io)
  const found = (parts.jwts?.length ?? 0) + (parts.keySets?.length ?? 0) + (parts.exchanges?.length ?? 0)
  if (found === 0 && mode === 'check') throw new CommandProblem('There is no JWT and no key set in the input.', exitCodes.input)
  const { only, ignore } = options
  const report = await checkScene(buildScene(parts), {
    ...(only === undefined ? {} : { only }),
    ...(ignore === undefined ? {} : { ignore }),
  })
  return conclude(report, options, io)
}

function say(io: Io, text: string): number {
  io.stdout.write(text)
  return exitCodes.clean
}
