import { setTimeout } from 'node:timers/promises'
import type { Command } from 'commander'
import { plainText } from '../audit/plain-text.ts'
import type { AuditStore, StoredEvent } from '../store/store.ts'
import { withStore } from './open.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done, EXIT, failed, type Outcome } from './outcome.ts'
import type { Does, World } from './world.ts'

interface TailOptions extends CommonOptions {
  readonly lines: string
  readonly kind?: string
  readonly account?: string
  readonly request?: string
  readonly follow?: boolean
}

export function addAuditTail(audit: Command, does: Does): void {
  withCommonOptions(audit.command('tail'))
    .description('Show the newest entries of the audit trail, the last one at the bottom.')
    .option('-n, --lines <number>', 'how many', '20')
    .option('--kind <kind>', 'of one kind only, as in login.failed')
    .option('--account <name>', 'of one account only')
    .option('--request <id>', 'of one request only: the id of a refusal, as a visitor reads it')
    .option('-f, --follow', 'go on with what comes, until Ctrl-C; with --json one value per line')
    .addHelpText(
      'after',
      '\nExamples:\n  cloakroom audit tail\n  cloakroom audit tail --account ada -n 100\n  cloakroom audit tail --kind request.refused --follow',
    )
    .action(does((world: World, options: TailOptions) => auditTail(world, options)))
}

async function auditTail(world: World, options: TailOptions): Promise<Outcome> {
  const limit = Number(options.lines)
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > 100_000)
    return failed(EXIT.usage, '--lines is not a number that can be used.', 'Write a number from 1 to 100000.')
  const filters = {
    ...(options.kind === undefined ? {} : { kind: options.kind }),
    ...(options.account === undefined ? {} : { account: options.account }),
    ...(options.request === undefined ? {} : { request: options.request }),
  }
  return await withStore(world, options.config, async ({ stores: { audit } }) => {
    const newest = (await audit.read({ limit, ...filters })).toReversed()
    if (options.follow !== true) return done(newest.length === 0 ? 'Nothing is in it.' : newest.map(lineOf).join('\n'), newest)
    const show = (events: readonly StoredEvent[]): void =>
      events.forEach((event) => world.terminal.out(`${options.json === true ? JSON.stringify(event) : lineOf(event)}\n`))
    show(newest)
    await follow(world, audit, newest.at(-1)?.seq ?? 0, (event) => matches(event, filters), show)
    return { kind: 'said', exit: EXIT.ok }
  })
}

/** A second is soon enough for the eye. */
const LOOK_MS = 1000

async function follow(
  world: World,
  audit: AuditStore,
  after: number,
  wanted: (event: StoredEvent) => boolean,
  show: (events: readonly StoredEvent[]) => void,
): Promise<void> {
  const stop = new AbortController()
  const off = world.terminal.onStop(() => stop.abort())
  let seen = Math.max(after, (await audit.read({ limit: 1 }))[0]?.seq ?? 0)
  try {
    while (!stop.signal.aborted) {
      const entries = await audit.chain(seen, 1000)
      seen = entries.at(-1)?.seq ?? seen
      show(entries.map(({ seq, event }) => ({ ...event, seq })).filter(wanted))
      if (entries.length === 0) await setTimeout(LOOK_MS, undefined, { signal: stop.signal }).catch(() => undefined)
    }
  } finally {
    off()
  }
}

function matches(event: StoredEvent, { kind, account, request }: { kind?: string; account?: string; request?: string }): boolean {
  return (
    (kind ?? event.kind) === event.kind &&
    (account === undefined || event.actor.account === account) &&
    (request === undefined || event.request === request)
  )
}

/** Cleaned once more: whoever can write to the store must not steer the terminal. */
function lineOf({ seq, at, kind, result, actor, target, reason, address }: StoredEvent): string {
  const who = actor.account ?? actor.via
  return [seq, at, kind, result, who, target, reason, address]
    .filter((part) => part !== null)
    .map((part) => plainText(String(part), LONGEST_PART))
    .join('  ')
}

const LONGEST_PART = 256
