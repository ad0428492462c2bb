import type { Command } from 'commander'
import { networkOf } from '../decide/ip.ts'
import { showBans, type ShownBan } from './ban-show.ts'
import { withVault, type OpenedVault } from './open.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done, EXIT, failed, type Outcome } from './outcome.ts'
import type { Does, World } from './world.ts'

interface LiftOptions extends CommonOptions {
  readonly all?: boolean
}

export function addBanLift(ban: Command, does: Does): void {
  withCommonOptions(ban.command('lift'))
    .description('Let somebody in again, from the next request on. A ban that was lifted does not lengthen the next one.')
    .argument('[who]', 'an id, an address, an account or a label, as `ban list` shows it')
    .option('--all', 'everybody')
    .addHelpText('after', '\nExamples:\n  cloakroom ban lift 198.51.100.7\n  cloakroom ban lift ada\n  cloakroom ban lift --all')
    .action(does((world: World, who: string | undefined, options: LiftOptions) => banLift(world, who, options)))
}

async function banLift(world: World, who: string | undefined, options: LiftOptions): Promise<Outcome> {
  if ((who === undefined) === (options.all !== true))
    return failed(EXIT.usage, 'Say who is to be let in, in one way.', 'Give an id, an address, an account or a label, or --all.')
  return await withVault(world, options.config, async (opened) => {
    const shown = await showBans(opened, world, await opened.stores.bans.list(world.clock()))
    const meant = who === undefined ? shown : shown.filter((each) => each.id === who || each.value === who || each.value === networkOf(who))
    if (meant.length === 0 && who !== undefined)
      return failed(EXIT.failed, 'Nobody of that name is shut out.', 'See who is with `cloakroom ban list`.')
    return await liftAll(opened, world, meant)
  })
}

async function liftAll(opened: OpenedVault, world: World, meant: readonly ShownBan[]): Promise<Outcome> {
  for (const each of meant) {
    const lifted = await opened.stores.bans.lift(each.id, world.clock())
    if (lifted !== null) await opened.note({ kind: 'ban.lifted', target: `${each.kind} ${each.value}`, detail: { ban: each.id } })
  }
  const [only] = meant
  if (only === undefined) return done('Nobody was shut out.', meant)
  return done(meant.length === 1 ? `${only.value} may come in again.` : `${meant.length} bans were lifted.`, meant)
}
