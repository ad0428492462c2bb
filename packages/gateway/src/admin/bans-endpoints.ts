import * as z from 'zod'
import { auditEvent } from '../audit/event.ts'
import { parseDuration } from '../config/units.ts'
import { accountKey } from '../decide/account-name.ts'
import { type Ban, type BanKey, refuseBan } from '../decide/ban.ts'
import { formatAddress, networkOf, parseAddress } from '../decide/ip.ts'
import { ask } from '../store/ask.ts'
import { type AdminCall, type AdminEndpoint, type AdminRefusal, adminOf, endpoint, refused, type Said, said } from './endpoint.ts'
import { reaches } from './role.ts'
import { findSession } from './session-name.ts'

const banView = z.object({
  id: z.string(),
  kind: z.enum(['ip.net', 'session', 'account', 'visit']),
  value: z
    .string()
    .nullable()
    .describe('An address or its network, an account’s name, a session’s label. An address for operators and owners only.'),
  scope: z.array(z.string()).nullable().describe('The APIs and pages that it shuts; null: all.'),
  since: z.iso.datetime(),
  until: z.iso.datetime(),
  rule: z.string().nullable().describe('The rule that asked for it; null: an administrator or a command.'),
  reason: z.string().nullable(),
})

const wish = z.strictObject({
  kind: z.enum(['address', 'account', 'session']),
  value: z.string().min(1).max(200).describe('An address, an account’s name, or `session` of the list of sessions.'),
  for: z.string().max(20).describe('As in 30m, 24h or 7d; at most a year.'),
})

/** Who is shut out. */
export const BANS: readonly AdminEndpoint[] = [
  endpoint({
    id: 'listBans',
    method: 'GET',
    path: '/bans',
    callers: 'viewer',
    about: 'Who is shut out, until when and why; the one that ends first first, at most 1000.',
    answer: z.object({ bans: z.array(banView), all: z.int().describe('How many there are.') }),
    run: async (call) => {
      const all = await ask(() => call.parts.stores.bans.list(call.at))
      return said({ bans: await showAll(call, all.slice(0, MOST_SHOWN)), all: all.length })
    },
  }),
  endpoint({
    id: 'ban',
    method: 'POST',
    path: '/bans',
    callers: 'operator',
    change: true,
    about: 'Shuts out an address (of IPv6 its /64), an account or a session, from the next request on.',
    body: wish,
    answer: banView,
    run: add,
  }),
  endpoint({
    id: 'liftBan',
    method: 'POST',
    path: '/bans/{ban}/lift',
    callers: 'operator',
    change: true,
    about: 'Lets somebody in again, from the next request on.',
    answer: banView,
    run: async (call) => {
      const lifted = await ask(() => call.parts.stores.bans.lift(call.params['ban'] ?? '', call.at))
      if (lifted === null) return refused('not_found')
      const [shown] = await showAll(call, [lifted])
      await note(call, 'ban.lifted', lifted, shown?.value ?? null)
      return shown === undefined ? refused('not_found') : said(shown)
    },
  }),
]

const MOST_SHOWN = 1000
/** A year: whoever is to stay out for longer belongs into a list of the rules. */
const LONGEST_MS = 366 * 24 * 3_600_000

async function add(call: AdminCall<unknown, z.output<typeof wish>>): Promise<Said<z.output<typeof banView>>> {
  const { parts, at, body } = call
  const ms = parseDuration(body.for)
  if (ms === null || ms <= 0 || ms > LONGEST_MS)
    return refused('admin_request_refused', 'for: write it as 30m, 24h or 7d, and no longer than a year.')
  const key = await keyOf(call)
  if ('code' in key) return key
  const refusal = refuseBan(key, parts.policy())
  if (refusal !== null) return refused('admin_conflict', `${refusal}. Ban the visitor’s own address, or the account.`)
  const id = parts.random(6).toString('hex')
  const growth = { firstMs: ms, factor: 1, mostMs: ms }
  const reason = `by ${adminOf(call).name}`
  const { ban, isNew } = await ask(() => parts.stores.bans.add({ ...key, id, at, scope: null, growth, rule: null, reason }))
  if (!isNew) return refused('admin_conflict', `That one is shut out already; lift ${ban.id} first.`)
  const [shown] = await showAll(call, [ban])
  await note(call, 'ban.started', ban, shown?.value ?? null)
  return shown === undefined ? refused('not_found') : said(shown)
}

async function keyOf({ parts, body: { kind, value } }: AdminCall<unknown, z.output<typeof wish>>): Promise<BanKey | AdminRefusal> {
  switch (kind) {
    case 'address': {
      const parsed = parseAddress(value)
      if (parsed === null) return refused('admin_request_refused', 'value: that is no address. Write it as 198.51.100.7 or 2001:db8::7.')
      return { kind: 'ip.net', value: networkOf(formatAddress(parsed)) }
    }
    case 'account': {
      const account = await ask(() => parts.stores.accounts.findByKey(accountKey(value)))
      return account === null ? refused('not_found', 'There is no account of that name.') : { kind: 'account', value: account.id }
    }
    case 'session': {
      const session = await findSession(parts, value)
      return session === null ? refused('not_found', 'There is no such session any more.') : { kind: 'session', value: session.id }
    }
  }
}

async function showAll(call: AdminCall, bans: readonly Ban[]): Promise<z.output<typeof banView>[]> {
  return await Promise.all(bans.map((ban) => show(call, ban)))
}

async function show(call: AdminCall, ban: Ban): Promise<z.output<typeof banView>> {
  const { id, kind, scope, rule, reason, startedAt, endsAt } = ban
  const iso = (at: number): string => new Date(at).toISOString()
  const value = await nameOf(call, ban)
  return { id, kind, value, scope: scope === null ? null : [...scope], since: iso(startedAt), until: iso(endsAt), rule, reason }
}

async function nameOf(call: AdminCall, { kind, value }: Ban): Promise<string | null> {
  switch (kind) {
    case 'account':
      return (await ask(() => call.parts.stores.accounts.find(value)))?.name ?? value
    case 'session':
      return call.parts.label(value)
    case 'visit':
      return value.slice(0, 8)
    case 'ip.net':
      return reaches(adminOf(call).role, 'operator') ? value : null
  }
}

async function note({ parts, cause }: AdminCall, kind: 'ban.started' | 'ban.lifted', ban: Ban, value: string | null): Promise<void> {
  const detail = { ban: ban.id, until: new Date(ban.endsAt).toISOString() }
  await parts.audit.commit(auditEvent({ ...cause, kind, target: `${ban.kind} ${value ?? ''}`, detail }))
}
