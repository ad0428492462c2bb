import type { Command } from 'commander'
import { createMachineKeys, type NewKey, parseScope } from '../account/machine-keys.ts'
import { parseAllow } from '../config/allow.ts'
import type { Config } from '../config/paths.ts'
import { parseDuration } from '../config/units.ts'
import { parseRange } from '../decide/ip.ts'
import { shownKey } from './machine-key-list.ts'
import { type Opened, withStore } from './open.ts'
import { collect, withCommonOptions, type CommonOptions } from './options.ts'
import { done, EXIT, failed, type Outcome } from './outcome.ts'
import { formatMoment, readMoment } from './secret-times.ts'
import type { Does, World } from './world.ts'

interface AddOptions extends CommonOptions {
  readonly allow?: readonly string[]
  readonly role?: readonly string[]
  readonly from?: readonly string[]
  readonly expires: string
  readonly rate: string
}

export function addMachineKeyAdd(machineKey: Command, does: Does): void {
  withCommonOptions(machineKey.command('add'))
    .description('Make a key. It is shown once; the store keeps only a hash of it.')
    .argument('<name>', 'whose it is, as in nightly-report or acme-partner')
    .option(
      '--allow <line>',
      'what it may call, as `API: METHOD /path`; may be given several times, and never opens more than the API’s own `allow`',
      collect,
    )
    .option('--role <role>', 'a role, for APIs with `access: { role: … }`; may be given several times', collect)
    .option('--from <range>', 'an address or range that it may come from, as in 203.0.113.0/24; may be given several times', collect)
    .option('--expires <when>', 'a date, a time from now such as 90d, or never', '90d')
    .option('--rate <rate>', 'calls in a time, as in 60/1m', '600/1m')
    .addHelpText(
      'after',
      `
Examples:
  cloakroom machine-key add nightly-report --allow 'shop: GET /orders/**'
  cloakroom machine-key add acme --allow 'shop: POST /orders' --from 203.0.113.0/24 --expires 30d --rate 60/1m

The program sends it as \`Authorization: Bearer cloakroom_mk_…\`, without a cookie. A key in a website is a key that every visitor has,
so the gateway refuses it from a browser.`,
    )
    .action(does((world: World, name: string, options: AddOptions) => machineKeyAdd(world, name, options)))
}

async function machineKeyAdd(world: World, name: string, options: AddOptions): Promise<Outcome> {
  const at = world.clock()
  return await withStore(world, options.config, async (opened) => {
    const wanted = read(name, options, opened.config, at)
    if ('kind' in wanted) return wanted
    return await make(world, opened, wanted, at)
  })
}

async function make(world: World, opened: Opened, wanted: NewKey, at: number): Promise<Outcome> {
  const { name, scopes, expiresAt } = wanted
  const made = await createMachineKeys({ store: opened.stores.machineKeys, random: world.random }).add(wanted, at)
  if (made === null)
    return failed(
      EXIT.failed,
      `There is a key ${name} already.`,
      `Choose another name, or end it first: cloakroom machine-key revoke ${name}`,
    )
  await opened.note({ kind: 'machine_key.added', target: name, detail: { id: made.row.id, scopes: scopes.join(', ') } })
  const until = expiresAt === null ? 'It does not expire.' : `It is good until ${formatMoment(expiresAt)}.`
  world.terminal.err(`${until} Keep it like a password: it is not shown again.\n`)
  return done(made.key, { key: made.key, ...shownKey(made.row) })
}

function read(name: string, options: AddOptions, config: Config, at: number): NewKey | Outcome {
  if (!/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/.test(name))
    return failed(
      EXIT.usage,
      'This is not a name for a key.',
      'Use letters, digits, dots, hyphens and underscores, at most 64, as in nightly-report.',
    )
  const { allow = [], role: roles = [], from = [] } = options
  if (allow.length === 0)
    return failed(
      EXIT.usage,
      'Nothing is said of what this key may call.',
      "Add --allow 'API: METHOD /path', as in --allow 'shop: GET /orders/**'.",
    )
  for (const line of allow) {
    const wrong = refuseScope(line, config)
    if (wrong !== null) return wrong
  }
  if (!roles.every((role) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/.test(role)))
    return failed(EXIT.usage, '--role is not the name of a role.', 'Use letters, digits, dots, hyphens and underscores, at most 40.')
  const range = from.find((text) => parseRange(text) === null)
  if (range !== undefined)
    return failed(EXIT.usage, `--from ${range} is no address and no range.`, 'Write it as 203.0.113.7, 203.0.113.0/24 or 2001:db8::/48.')
  const rate = readRate(options.rate)
  if (rate === null) return failed(EXIT.usage, '--rate is not a rate.', 'Write calls and a time, as in 60/1m or 1000/1h.')
  const expiresAt = options.expires === 'never' ? null : readMoment(options.expires, at)
  if (options.expires !== 'never' && (expiresAt === null || expiresAt <= at))
    return failed(EXIT.usage, '--expires is no time to come.', 'Write a date such as 2027-03-31, a time from now such as 90d, or never.')
  return { name, scopes: allow.map((line) => line.trim()), roles, from, ...rate, expiresAt }
}

function refuseScope(line: string, config: Config): Outcome | null {
  const scope = parseScope(line)
  const rest = line.slice(line.indexOf(':') + 1)
  const allowed = parseAllow(rest)
  if (allowed.kind === 'refused') return failed(EXIT.usage, `--allow '${line}': ${allowed.text}`, allowed.fix)
  if (scope === null)
    return failed(EXIT.usage, `--allow '${line}' does not begin with the name of an API.`, "Write it as 'shop: GET /orders/**'.")
  if (config.apis[scope.api] !== undefined) return null
  return failed(EXIT.usage, `There is no API ${scope.api} in the configuration.`, `Write one of: ${Object.keys(config.apis).join(', ')}.`)
}

function readRate(text: string): { readonly max: number; readonly perMs: number } | null {
  const [, calls, time] = /^(\d{1,9})\/(\S+)$/.exec(text) ?? []
  const perMs = time === undefined ? null : parseDuration(/^\d/.test(time) ? time : `1${time}`)
  const max = Number(calls)
  return perMs === null || perMs <= 0 || !(max > 0) ? null : { max, perMs }
}
