import { url as inspectorUrl } from 'node:inspector'
import { setFlagsFromString } from 'node:v8'
import { CommanderError } from 'commander'
import { systemClock } from '../lib/clock.ts'
import { systemRandom } from '../lib/random.ts'
import type { NodeProcess } from './node-process.ts'
import { explainThrown, EXIT, failed, type Outcome } from './outcome.ts'
import { buildProgram } from './program.ts'
import { show } from './show.ts'
import type { Terminal } from './terminal.ts'
import { refuseArguments, withoutArguments } from './usage.ts'
import type { Does } from './world.ts'

/** argv → command → exit code. The only file of the gateway that touches `process`. */
process.exitCode = await run(systemTerminal())

async function run(terminal: Terminal): Promise<number> {
  const asJson = terminal.argv.includes('--json')
  // `jwt` names key files with options of its own, and takes no secret of ours.
  const revealing = terminal.argv[0] === 'jwt' ? null : refuseArguments(terminal.argv)
  if (revealing !== null) return show(revealing, terminal, asJson)
  let exit: number = EXIT.ok
  // With --json, commander's own complaints become JSON, too.
  const quiet = asJson ? { ...terminal, err: () => undefined } : terminal
  const does: Does =
    (work) =>
    async (...args) => {
      let outcome: Outcome
      try {
        outcome = await work({ terminal, clock: systemClock, random: systemRandom }, ...args)
      } catch (cause) {
        outcome = explainThrown(cause)
      }
      exit = show(outcome, terminal, asJson)
    }
  const program = await buildProgram(quiet, does, terminal.argv)
  try {
    await program.parseAsync(terminal.argv, { from: 'user' })
  } catch (cause) {
    if (!(cause instanceof CommanderError)) throw cause
    // Help and version are an answer, everything else that commander throws is a mistake in the arguments.
    if (cause.exitCode === 0) return EXIT.ok
    if (!asJson) return EXIT.usage
    return show(
      failed(EXIT.usage, withoutArguments(cause.message).replace(/^error: /, ''), 'Add --help for what it takes.'),
      terminal,
      asJson,
    )
  }
  return exit
}

function systemTerminal(): Terminal {
  const { stdin, stdout, stderr, env } = process
  // A terminal that does not know its size says 0, as in some containers and consoles: each letter would get a line of its own.
  for (const stream of [stdout, stderr]) if (stream.isTTY && stream.columns === 0) stream.columns = 80
  // A reader that went away (`| head`) is no failure of the command.
  stdout.on('error', (cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EPIPE') throw cause
  })
  return {
    argv: process.argv.slice(2),
    env,
    cwd: process.cwd(),
    stdin,
    stderr,
    stdinIsTerminal: stdin.isTTY,
    isInteractive: stdin.isTTY && stderr.isTTY,
    // https://no-color.org: set and not empty.
    colour: stderr.isTTY && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb',
    isSuperuser: process.getuid?.() === 0,
    width: Math.min(100, stdout.columns ?? 80),
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    onStop(run) {
      const once = (): void => {
        off()
        run()
      }
      const off = (): void => {
        process.off('SIGINT', once)
        process.off('SIGTERM', once)
      }
      process.on('SIGINT', once)
      process.on('SIGTERM', once)
      return off
    },
    onHangup(run) {
      process.on('SIGHUP', run)
      return () => void process.off('SIGHUP', run)
    },
    onCrash(run) {
      process.on('uncaughtException', run)
      process.on('unhandledRejection', run)
      return () => {
        process.off('uncaughtException', run)
        process.off('unhandledRejection', run)
      }
    },
    exitNow: (code) => process.exit(code),
    node: nodeProcess(),
  }
}

function nodeProcess(): NodeProcess {
  const { permission } = process as { permission?: NodeJS.ProcessPermission }
  // What the sandbox grants to nobody: all files, and whatever gets around the rest.
  const closed = ['fs.read', 'fs.write', 'child', 'worker', 'addon', 'wasi', 'inspector', 'ffi']
  return {
    execPath: process.execPath,
    execArgv: process.execArgv,
    script: process.argv[1] ?? '',
    major: Number.parseInt(process.versions.node, 10),
    isInspected: inspectorUrl() !== undefined,
    confined: permission === undefined ? null : { mayAll: closed.filter((scope) => permission.has(scope)) },
    disarmDebugger: () => void process.on('SIGUSR1', () => undefined),
    fitHeapToService() {
      // bin/cloakroom.js had set it to 1 for the start.
      setFlagsFromString('--semi-space-growth-factor=2')
      // Bodies lie outside of the heap. By default V8 marks the whole heap for every 64 MB of them, which costs an upload of 1 MiB a third of
      // its CPU (measured); so, they count towards the limit that the heap has as a whole. Later versions may have no such option.
      if (Number.parseInt(process.versions.v8, 10) <= 14) setFlagsFromString('--external-memory-accounted-in-global-limit')
    },
    become(args) {
      if (process.platform === 'win32' || process.execve === undefined) return false
      return process.execve(process.execPath, [process.execPath, ...args], process.env)
    },
  }
}
