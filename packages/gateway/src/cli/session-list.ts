import type { Command } from 'commander'
import { compilePolicy } from '../config/compile.ts'
import { expiries } from '../decide/session.ts'
import { findLiveSessions, type LiveSession } from './live-sessions.ts'
import { openSessions } from './open-sessions.ts'
import { withVault } from './open.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done } from './outcome.ts'
import { table } from './secret-show.ts'
import { formatMoment } from './secret-times.ts'
import type { Does, World } from './world.ts'

interface ListOptions extends CommonOptions {
  readonly account?: string
}

export function addSessionList(session: Command, does: Does): void {
  withCommonOptions(session.command('list'))
    .description('Show who is signed in, the newest first, each with the label that it has in the logs.')
    .option('--account <name>', 'of one account only')
    .addHelpText('after', '\nExamples:\n  cloakroom session list\n  cloakroom session list --account ada --json')
    .action(
      does((world: World, options: ListOptions) =>
        withVault(world, options.config, async (opened) => {
          const { sessions: limits } = compilePolicy(opened.config)
          const live = (await findLiveSessions(opened, openSessions(opened, world), world.clock())).filter(
            ({ session }) => options.account === undefined || session.name === options.account,
          )
          const shown = live.map(({ session, label }) => {
            const ends = expiries(session, limits)
            const iso = (at: number): string => new Date(at).toISOString()
            return {
              label,
              account: session.name,
              since: iso(session.authenticatedAt),
              seen: iso(session.seenAt),
              idleExpiresAt: iso(ends.idle),
              expiresAt: iso(ends.absolute),
              address: session.address,
              agent: session.agent,
            }
          })
          return done(live.length === 0 ? 'Nobody is signed in.' : table(live.map(row)), shown)
        }),
      ),
    )
}

function row({ session, label }: LiveSession): readonly string[] {
  return [
    label,
    session.name,
    `since ${formatMoment(session.authenticatedAt)}`,
    `seen ${formatMoment(session.seenAt)}`,
    session.address,
    session.agent.slice(0, 60),
  ]
}
