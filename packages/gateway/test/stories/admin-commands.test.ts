import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { auditEvent, COMMAND } from '../../src/audit/event.ts'
import { endedSince } from '../../src/backup/since.ts'
import { ADMIN_TABLE } from '../../src/admin/admin-api.ts'
import { buildProgram } from '../../src/cli/program.ts'

/** What each command does to a running gateway, by the endpoint that does the same; or why it is for the machine alone. */
const COMMANDS: Readonly<Record<string, string | readonly string[]>> = {
  init: 'makes an installation',
  start: 'is the gateway',
  check: 'looks at files',
  doctor: 'looks at the machine from outside',
  'self-test': 'runs a gateway of its own',
  scan: 'looks through files and pages',
  demo: 'is a gateway of its own',
  jwt: 'needs no gateway',
  'secret add': ['addSecret'],
  'secret add-client': ['addOAuthClient'],
  'secret add-certificate': ['addClientCertificate'],
  'secret list': ['listSecrets'],
  'secret uses': ['secretUses'],
  'secret rotate': ['rotateSecret'],
  'secret revoke': ['revokeSecret'],
  'secret rekey': 'holds the vault’s keys, which no network carries',
  'secret honey': 'prints a credential to plant, and changes nothing that runs',
  'secret disable': ['disableSecret'],
  'secret enable': ['enableSecret'],
  'signing-key add': ['addSigningKey'],
  'signing-key list': ['listSecrets'],
  'signing-key public': ['publicSigningKey'],
  'signing-key rotate': ['rotateSigningKey'],
  'signing-key revoke': ['revokeSecret'],
  'account add': 'sets a password, which no administrator does (MFA-21)',
  'account list': ['listAccounts', 'showAccount'],
  'account disable': ['disableAccount'],
  'account enable': ['enableAccount'],
  'account set-password': 'sets a password, which no administrator does (MFA-21)',
  'account set-roles': ['setRoles'],
  'account set-mail': 'says where links to a new password go, which is as good as setting one',
  'account send-reset': ['sendReset'],
  'account force-reset': ['forceReset', 'forceResetOfAll'],
  'account factors': ['showAccount'],
  'account remove-factor': ['removeFactor'],
  'account export': ['exportAccount'],
  'account erase': 'cannot be undone, and is for whoever has the machine',
  'account recovery-codes': 'shows somebody else’s codes',
  'admin add': ['inviteAdmin'],
  'admin list': ['listAdmins'],
  'admin role': ['setAdminRole'],
  'admin disable': ['disableAdmin'],
  'admin enable': ['enableAdmin'],
  'admin reset': ['resetAdmin'],
  'session list': ['listSessions'],
  'session end': ['endSession', 'endSessionsOfAccount', 'endAllSessions', 'denyJwt'],
  'mail test': 'tries a server from the machine',
  'mail templates': 'writes files',
  'machine-key add': ['addMachineKey'],
  'machine-key list': ['listMachineKeys'],
  'machine-key revoke': ['revokeMachineKey'],
  'guard test': 'runs the tests of a file',
  'guard lint': 'looks at a file',
  'guard replay': 'tries the rules of a file on what was recorded',
  'guard disarm': ['disarmGuard'],
  'guard arm': ['armGuard'],
  panic: ['panic', 'liftPanic'],
  'audit verify': 'is for whoever does not believe the gateway; the chain is at exportAudit',
  'audit tail': ['readAudit'],
  'audit export': ['exportAudit', 'auditSignatures'],
  'audit prune': 'happens by itself, by `audit.retention`',
  'audit webhook-key': 'shows a key',
  'backup create': 'writes a file of the machine',
  'backup verify': 'looks at a file',
  'backup restore': 'wants the gateway stopped',
  'ban list': ['listBans'],
  'ban add': ['ban'],
  'ban lift': ['liftBan'],
  explain: ['explain'],
}

function leavesOf(command: Command, above: readonly string[] = []): readonly string[] {
  const inner = command.commands.filter((each) => each.name() !== 'help')
  if (inner.length === 0) return [above.join(' ')]
  return inner.flatMap((each) => leavesOf(each, [...above, each.name()]))
}

test('everything that the command line can do to a running gateway, an administrator can do, or it is said why not', async () => {
  const terminal = { out: () => undefined, err: () => undefined, width: 80 }
  const program = await buildProgram(terminal, () => () => Promise.resolve())
  const ids = new Set(ADMIN_TABLE.map(({ id }) => id))
  const known = Object.values(COMMANDS).flatMap((each) => (typeof each === 'string' ? [] : each))
  expect(known.filter((id) => !ids.has(id))).toEqual([])
  expect(leavesOf(program).filter((name) => COMMANDS[name] === undefined)).toEqual([])
  expect(Object.keys(COMMANDS).filter((name) => !leavesOf(program).includes(name))).toEqual([])
})

test('what was ended of an administrator is not ended again, after a restore, for a visitor of that name', () => {
  const parts = { at: Date.UTC(2026, 10, 23), actor: COMMAND, target: 'ada' } as const
  const said = (administrator: boolean) => [
    auditEvent({ ...parts, kind: 'account.disabled', ...(administrator ? { detail: { administrator } } : {}) }),
    auditEvent({ ...parts, kind: 'account.password_set', ...(administrator ? { detail: { administrator } } : {}) }),
  ]
  expect(endedSince(said(true), 0)).toMatchObject({ disabled: new Set(), passwords: new Set() })
  expect(endedSince(said(false), 0)).toMatchObject({ disabled: new Set(['ada']), passwords: new Set(['ada']) })
})
