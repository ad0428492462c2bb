import type { Command } from 'commander'
import { accountKey } from '../decide/account-name.ts'
import { findLiveSessions } from './live-sessions.ts'
import { denyAllJwts } from '../session/deny-jwts.ts'
import { denyJwts } from './session-end-jwt.ts'
import { openSessions } from './open-sessions.ts'
import { withVault, type OpenedVault } from './open.ts'
import { withCommonOptions, type CommonOptions } from './options.ts'
import { done, EXIT, failed, type Outcome } from './outcome.ts'
import type { Does, World } from './world.ts'

interface EndOptions extends CommonOptions {
  readonly account?: string
  readonly all?: boolean
  readonly jwt?: string
  readonly subject?: string
}

export function addSessionEnd(session: Command, does: Does): void {
  withCommonOptions(session.command('end'))
    .description('End one session, an account’s sessions, or all of them: refused from the next request on.')
    .argument('[label]', 'as `session list` and the logs show it, or its beginning')
    .option('--account <name>', 'all sessions of this account')
    .option('--all', 'all sessions of all accounts, and all JWTs issued until now')
    .option('--jwt <jti>', 'one JWT of another issuer, by its identifier')
    .option('--subject <subject>', 'all JWTs that other issuers made for this subject until now')
    .addHelpText(
      'after',
      '\nExamples:\n  cloakroom session end 3fQk9dLm\n  cloakroom session end --account ada\n  cloakroom session end --all',
    )
    .action(does((world: World, label: string | undefined, options: EndOptions) => sessionEnd(world, label, options)))
}

async function sessionEnd(world: World, label: string | undefined, options: EndOptions): Promise<Outcome> {
  const ways = [
    label !== undefined,
    options.account !== undefined,
    options.all === true,
    options.jwt !== undefined,
    options.subject !== undefined,
  ].filter(Boolean).length
  if (ways !== 1)
    return failed(
      EXIT.usage,
      'Say which sessions to end, in one way.',
      'Give a label, or --account NAME, --jwt JTI, --subject SUBJECT, or --all.',
    )
  return await withVault(world, options.config, async (opened) => {
    if (label !== undefined) return await endOne(world, opened, label)
    if (options.jwt !== undefined) return await denyJwts(world, opened, 'jti', options.jwt)
    if (options.subject !== undefined) return await denyJwts(world, opened, 'subject', options.subject)
    return options.account === undefined ? await endAll(world, opened) : await endAccount(world, opened, options.account)
  })
}

async function endOne(world: World, opened: OpenedVault, label: string): Promise<Outcome> {
  const own = openSessions(opened, world)
  const live = await findLiveSessions(opened, own, world.clock())
  const meant = live.filter((each) => each.label.startsWith(label))
  const [first, second] = meant
  // Two letters would end a stranger's session by chance.
  if (first === undefined || label.length < 4)
    return failed(
      EXIT.failed,
      'No session has a label that begins like that.',
      'See the labels with `cloakroom session list`; give at least four of its characters.',
    )
  if (second !== undefined)
    return failed(EXIT.failed, `${meant.length} sessions have labels that begin like that.`, 'Give more of its characters.')
  await own.sessions.end(first.session, world.clock(), 'ended-by-owner')
  return done(`The session of ${first.session.name} is ended.`, { ended: 1, label: first.label, account: first.session.name })
}

async function endAccount(world: World, opened: OpenedVault, name: string): Promise<Outcome> {
  const account = await opened.stores.accounts.findByKey(accountKey(name))
  if (account === null) return failed(EXIT.failed, `There is no account ${name}.`, 'See the accounts with `cloakroom account list`.')
  const ended = await openSessions(opened, world).sessions.endAll(account.id, world.clock(), 'ended-by-owner')
  return done(count(ended, `of ${account.name}`), { ended, account: account.name })
}

async function endAll(world: World, opened: OpenedVault): Promise<Outcome> {
  await denyAllJwts(world.clock(), opened.config, opened.stores.denials)
  const ended = await openSessions(opened, world).sessions.endEveryone(world.clock(), 'ended-by-owner')
  return done(count(ended, 'of all accounts'), { ended })
}

function count(ended: number, whose: string): string {
  return `${ended === 1 ? 'One session' : `${ended} sessions`} ${whose} ${ended === 1 ? 'is' : 'are'} ended.`
}
