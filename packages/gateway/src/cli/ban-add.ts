import type { Command } from 'commander'
import { compilePolicy } from '../config/compile.ts'
import { parseDuration } from '../config/units.ts'
import { accountKey } from '../decide/account-name.ts'
import { type BanKey, refuseBan } from '../decide/ban.ts'
import { formatAddress, networkOf, parseAddress } from '../decide/ip.ts'
import { showBans } from './ban-show.ts'
import { findLiveSessions } from './live-sessions.ts'
import { openSessions } from './open-sessions.ts'
import { withVault, type OpenedVault } from './open.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done, EXIT, failed, type Outcome } from './outcome.ts'
import { formatMoment } from './secret-times.ts'
import type { Does, World } from './world.ts'

interface AddOptions extends CommonOptions {
  readonly account?: string
  readonly session?: string
  readonly for: string
  readonly reason?: string
}

export function addBanAdd(ban: Command, does: Does): void {
  withCommonOptions(ban.command('add'))
    .description('Shut out an address (of IPv6 its /64), an account or a session, from the next request on, until the time is over.')
    .argument('[address]', 'an IPv4 or IPv6 address')
    .option('--account <name>', 'an account: its sessions are refused, wherever they come from')
    .option('--session <label>', 'one session, by its label in `session list`, or its beginning')
    .option('--for <time>', 'how long', '24h')
    .option('--reason <text>', 'for whoever reads `ban list` later')
    .addHelpText(
      'after',
      '\nExamples:\n  cloakroom ban add 198.51.100.7\n  cloakroom ban add 2001:db8:1:2::7 --for 7d --reason "scans for .env"\n  cloakroom ban add --account ada --for 1h\n\nUndo it with `cloakroom ban lift`.',
    )
    .action(does((world: World, address: string | undefined, options: AddOptions) => banAdd(world, address, options)))
}

/** A year: whoever is to stay out for longer belongs into a list of the rules. */
const LONGEST_MS = 366 * 24 * 3_600_000

async function banAdd(world: World, address: string | undefined, options: AddOptions): Promise<Outcome> {
  if ([address, options.account, options.session].filter((way) => way !== undefined).length !== 1)
    return failed(EXIT.usage, 'Say who is to be shut out, in one way.', 'Give an address, or --account NAME, or --session LABEL.')
  const ms = parseDuration(options.for)
  if (ms === null || ms <= 0 || ms > LONGEST_MS)
    return failed(EXIT.usage, '--for is not a time, or longer than a year.', 'Write it as 30m, 24h or 7d.')
  return await withVault(world, options.config, async (opened) => {
    const key = await keyOf(opened, world, address, options)
    if ('kind' in key && key.kind === 'failed') return key
    const refusal = refuseBan(key, compilePolicy(opened.config))
    if (refusal !== null) return failed(EXIT.failed, `${refusal}.`, 'Ban the visitor’s own address, or his account.')
    const id = world.random(6).toString('hex')
    const growth = { firstMs: ms, factor: 1, mostMs: ms }
    const { ban, isNew } = await opened.stores.bans.add({
      ...key,
      id,
      at: world.clock(),
      scope: null,
      growth,
      rule: null,
      reason: options.reason ?? null,
    })
    const [shown] = await showBans(opened, world, [ban])
    const until = `until ${formatMoment(ban.endsAt)}`
    if (!isNew) return failed(EXIT.failed, `That one is shut out already, ${until}.`, `Lift it first: cloakroom ban lift ${ban.id}`)
    await opened.note({ kind: 'ban.started', target: `${ban.kind} ${shown?.value}`, detail: { ban: id, until: shown?.until ?? '' } })
    return done(`${shown?.value} is shut out ${until}. Undo it with: cloakroom ban lift ${id}`, shown)
  })
}

type Failed = Extract<Outcome, { kind: 'failed' }>

async function keyOf(opened: OpenedVault, world: World, address: string | undefined, options: AddOptions): Promise<BanKey | Failed> {
  if (address !== undefined) {
    const parsed = parseAddress(address)
    if (parsed === null) return refusal('That is no address.', 'Write it as 198.51.100.7 or 2001:db8::7.')
    return { kind: 'ip.net', value: networkOf(formatAddress(parsed)) }
  }
  if (options.account !== undefined) {
    const account = await opened.stores.accounts.findByKey(accountKey(options.account))
    if (account === null) return refusal('There is no account of that name.', 'See the accounts with `cloakroom account list`.')
    return { kind: 'account', value: account.id }
  }
  const label = options.session ?? ''
  const live = await findLiveSessions(opened, openSessions(opened, world), world.clock())
  const meant = live.filter((each) => each.label.startsWith(label))
  const [only] = meant
  if (only === undefined || meant.length > 1 || label.length < 4)
    return refusal('No session, or more than one, has a label that begins like that.', 'See the labels with `cloakroom session list`.')
  return { kind: 'session', value: only.session.id }
}

function refusal(problem: string, fix: string): Failed {
  return { kind: 'failed', exit: EXIT.failed, problem, fix }
}
