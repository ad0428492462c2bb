import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import type { Terminal } from './terminal.ts'
import { withoutArguments } from './usage.ts'
import type { Does } from './world.ts'

type Add = (program: Command, does: Does) => void

/** In the order of the help. Each is loaded when it is asked for: all of them together are a thousand files, half a second of every command. */
const COMMANDS: Readonly<Record<string, () => Promise<Add>>> = {
  init: async () => (await import('./init.ts')).addInit,
  start: async () => (await import('./start.ts')).addStart,
  check: async () => (await import('./check.ts')).addCheck,
  doctor: async () => (await import('./doctor.ts')).addDoctor,
  'self-test': async () => (await import('./self-test.ts')).addSelfTest,
  secret: async () => (await import('./secret.ts')).addSecret,
  'signing-key': async () => (await import('./signing-key.ts')).addSigningKey,
  account: async () => (await import('./account.ts')).addAccount,
  admin: async () => (await import('./admin.ts')).addAdmin,
  session: async () => (await import('./session.ts')).addSession,
  mail: async () => (await import('./mail.ts')).addMail,
  'machine-key': async () => (await import('./machine-key.ts')).addMachineKey,
  guard: async () => (await import('./guard.ts')).addGuard,
  panic: async () => (await import('./panic.ts')).addPanic,
  audit: async () => (await import('./audit.ts')).addAudit,
  backup: async () => (await import('./backup.ts')).addBackup,
  ban: async () => (await import('./ban.ts')).addBan,
  explain: async () => (await import('./explain.ts')).addExplain,
  scan: async () => (await import('./scan.ts')).addScan,
  demo: async () => (await import('./demo.ts')).addDemo,
  jwt: async () => (await import('./jwt.ts')).addJwt,
}

/** Which commands `argv` needs: the one that it names, none for the version, else all, for the help and for what was meant. */
function asked(argv: readonly string[]): readonly string[] {
  const [first = ''] = argv
  if (first === '-V' || first === '--version') return []
  return Object.hasOwn(COMMANDS, first) ? [first] : Object.keys(COMMANDS)
}

/** The commands that `argv` needs, with their flags and examples; without one all of them, from which docs/reference/command-line.md is made. */
export async function buildProgram(
  terminal: Pick<Terminal, 'out' | 'err' | 'width'>,
  does: Does,
  argv: readonly string[] = [],
): Promise<Command> {
  const program = new Command('cloakroom')
    .description('A gateway for websites: the visitor holds a session cookie, the gateway holds the API’s secret.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show what a command does and takes')
    .helpCommand('help [command]', 'show what a command does and takes')
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: (text) => terminal.err(text),
      outputError: (text, write) => write(withoutArguments(text)),
      getOutHelpWidth: () => terminal.width,
      getErrHelpWidth: () => terminal.width,
    })
    .showHelpAfterError('(add --help for what it takes)')
    .addHelpText(
      'after',
      `
Examples:
  cloakroom init                     asks, then writes cloakroom.yaml and the vault
  cloakroom account add ada          who may sign in
  cloakroom start                    runs the gateway
  cloakroom check                    says what is wrong with cloakroom.yaml, and how to mend it

All commands but demo take --json. NO_COLOR turns colours off. Exit codes: 0 done, 1 not done or found something,
64 usage, 69 unavailable, 73 and 74 files, 78 configuration.`,
    )
  const wanted = asked(argv).flatMap((name) => COMMANDS[name] ?? [])
  for (const add of await Promise.all(wanted.map((load) => load()))) add(program, does)
  return program
}

/** Of the package: package.json lies two folders above, in the source tree as in the built one. */
function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : 'unknown'
}
