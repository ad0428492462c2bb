import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { addAccount } from './account.ts'
import { addAdmin } from './admin.ts'
import { addAudit } from './audit.ts'
import { addBackup } from './backup.ts'
import { addBan } from './ban.ts'
import { addCheck } from './check.ts'
import { addDemo } from './demo.ts'
import { addGuard } from './guard.ts'
import { addExplain } from './explain.ts'
import { addDoctor } from './doctor.ts'
import { addInit } from './init.ts'
import { addJwt } from './jwt.ts'
import { addMail } from './mail.ts'
import { addMachineKey } from './machine-key.ts'
import { addPanic } from './panic.ts'
import { addScan } from './scan.ts'
import { addSecret } from './secret.ts'
import { addSigningKey } from './signing-key.ts'
import { addSession } from './session.ts'
import { addStart } from './start.ts'
import type { Terminal } from './terminal.ts'
import { withoutArguments } from './usage.ts'
import type { Does } from './world.ts'

/** Every command with its flags and examples; docs/reference/command-line.md is made from this. */
export function buildProgram(terminal: Pick<Terminal, 'out' | 'err' | 'width'>, does: Does): Command {
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
  addInit(program, does)
  addStart(program, does)
  addCheck(program, does)
  addDoctor(program, does)
  addSecret(program, does)
  addSigningKey(program, does)
  addAccount(program, does)
  addAdmin(program, does)
  addSession(program, does)
  addMail(program, does)
  addMachineKey(program, does)
  addGuard(program, does)
  addPanic(program, does)
  addAudit(program, does)
  addBackup(program, does)
  addBan(program, does)
  addExplain(program, does)
  addScan(program, does)
  addDemo(program, does)
  addJwt(program, does)
  return program
}

/** Of the package: package.json lies two folders above, in the source tree as in the built one. */
function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : 'unknown'
}
