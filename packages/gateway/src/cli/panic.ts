import type { Command } from 'commander'
import { runPanic } from '../panic/panic-steps.ts'
import { hasAdminSqlite, openAdminSqlite } from '../store/sqlite/open-admin.ts'
import { askYes } from './ask.ts'
import { openSessions } from './open-sessions.ts'
import { withVault, type OpenedVault } from './open.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done, EXIT, failed, type Outcome } from './outcome.ts'
import { awaitRefusal } from './panic-refusal.ts'
import { table } from './secret-show.ts'
import type { Does, World } from './world.ts'

interface PanicOptions extends CommonOptions {
  readonly reason?: string
  readonly lift?: boolean
  readonly yes?: boolean
}

export function addPanic(program: Command, does: Does): void {
  withCommonOptions(program.command('panic'))
    .description(
      'Close everything, now: no call reaches an API and nobody signs in, on every gateway of the store, until you lift it. Ends sessions, streams, JWTs, provider tokens and machine keys for good, and replaces the keys that sign.',
    )
    .option('--reason <text>', 'why, for the audit trail and whoever is told')
    .option('--lift', 'open again: people sign in anew, programs get new keys')
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      '\nExamples:\n  cloakroom panic --reason "a laptop with access is gone" --yes\n  cloakroom panic --lift --reason "keys replaced at the provider" --yes',
    )
    .action(does((world: World, options: PanicOptions) => panic(world, options)))
}

async function panic(world: World, options: PanicOptions): Promise<Outcome> {
  const reason = options.reason?.trim() ?? ''
  if (reason === '') return failed(EXIT.usage, 'Say why.', 'Add --reason "…": it is what others read in the audit trail.')
  if (options.yes !== true) {
    if (!world.terminal.isInteractive) return failed(EXIT.usage, 'There is no terminal to ask on.', 'Add --yes if you mean it.')
    const asked = await askYes(world.terminal, options.lift === true ? 'Open everything again?' : 'Close everything, now?')
    if (asked.kind === 'none') return asked.outcome
    if (!asked.value) return { kind: 'interrupted' }
  }
  return await withVault(world, options.config, async (opened) =>
    options.lift === true ? await lift(opened, reason) : await begin(world, opened, reason),
  )
}

/** The lock comes first and is one durable write; whatever fails after it is said, and the rest is done all the same. */
async function begin(world: World, opened: OpenedVault, reason: string): Promise<Outcome> {
  const startedAt = performance.now()
  const fresh = await opened.stores.lockdown.set({ since: world.clock(), reason })
  const lockedMs = performance.now() - startedAt
  const refusal = await awaitRefusal(opened.config, startedAt)
  await opened.note({ kind: 'panic.begun', target: null, reason })
  const { stores, vault, config } = opened
  const { sessions } = openSessions(opened, world)
  const { clock, random } = world
  const endAdmins = (): Promise<number> => endAdminSessions(config.store, clock)
  const { done, broken } = await runPanic({
    stores,
    vault,
    config,
    sessions,
    endAdmins,
    note: (event) => opened.note(event),
    clock,
    random,
  })
  await tell(world, opened, 'panic.begun', reason)
  const lines = [
    fresh ? `Closed after ${ms(lockedMs)}.` : 'It was closed already; done again.',
    refusal.kind === 'refused'
      ? `The gateway refuses every call, ${ms(refusal.ms)} after you asked; streams end within a second.`
      : `No gateway answered on the admin listener (${refusal.why}); whichever runs on this store refuses every call from now on.`,
    table(
      done.map((row) => [...row]),
      '  ',
    ),
    '',
    ...COME_BACK,
  ]
  const value = { lockedMs, refusedMs: refusal.kind === 'refused' ? refusal.ms : null, steps: Object.fromEntries(done), broken }
  return broken.length === 0 ? { kind: 'done', exit: EXIT.ok, human: lines.join('\n'), value } : unfinished(broken, lines.join('\n'), value)
}

async function endAdminSessions(store: string, clock: World['clock']): Promise<number> {
  if (!hasAdminSqlite(store)) return 0
  const { accounts, sessions, close } = openAdminSqlite(store, clock)
  try {
    let ended = 0
    for (const { id } of await accounts.list()) ended += await sessions.revokeAll(id, clock(), 'ended-by-owner')
    return ended
  } finally {
    await close()
  }
}

async function lift(opened: OpenedVault, reason: string): Promise<Outcome> {
  if (!(await opened.stores.lockdown.lift())) return failed(EXIT.failed, 'Nothing is closed.', 'Close with: cloakroom panic --reason "…"')
  await opened.note({ kind: 'panic.lifted', target: null, reason })
  return done('It is open again. People sign in anew.', { lifted: true })
}

async function tell(world: World, { config, vault }: OpenedVault, kind: 'panic.begun', reason: string): Promise<void> {
  const { openNotifier } = await import('../outlets.ts')
  const { auditEvent, COMMAND } = await import('../audit/event.ts')
  const { systemLater } = await import('../lib/later.ts')
  const notifier = openNotifier({ config, vault, clock: world.clock, random: world.random }, systemLater, () => undefined)
  notifier.event(auditEvent({ kind, at: world.clock(), actor: COMMAND, reason }))
  await notifier.close()
}

function unfinished(broken: readonly string[], human: string, value: unknown): Outcome {
  return {
    kind: 'failed',
    exit: EXIT.failed,
    problem: `Everything is closed, but not all could be ended: ${broken.join(', ')}.`,
    fix: 'Mend what it says above and run it again before you lift it.',
    more: { human, value },
  }
}

function ms(value: number): string {
  return `${Math.max(1, Math.round(value))} ms`
}

const COME_BACK = [
  'To come back:',
  '  1. Replace the secrets at their issuers, then here: cloakroom secret rotate NAME < new.txt',
  '  2. Force new passwords where they may be known, and look at what happened: cloakroom audit verify, cloakroom audit tail',
  '  3. cloakroom panic --lift --reason "…"',
  '  4. Give programs new keys: cloakroom machine-key add …; APIs that pin signing keys need the new ones: cloakroom signing-key public NAME',
]
