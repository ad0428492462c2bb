import * as z from 'zod'
import { accountKey } from '../decide/account-name.ts'
import { readAgent } from '../decide/agent.ts'
import { formatAddress, parseAddress, siteOf } from '../decide/ip.ts'
import { expiries, type Session } from '../decide/session.ts'
import { denyAllJwts } from '../session/deny-jwts.ts'
import { ask } from '../store/ask.ts'
import { type AdminCall, type AdminEndpoint, adminOf, endpoint, refused, type Said, said } from './endpoint.ts'
import { next, openCursor, OUTDATED, pageQuery, sealCursor } from './paging.ts'
import { findSession, sessionName } from './session-name.ts'

const moment = z.iso.datetime()

const sessionView = z.object({
  session: z.string().describe('Names it for the other endpoints; of no use as a cookie.'),
  label: z.string().describe('As it is in the audit trail.'),
  account: z.string(),
  methods: z.array(z.string()),
  startedAt: moment,
  seenAt: moment.describe('To the minute.'),
  idleExpiresAt: moment,
  expiresAt: moment,
  device: z
    .object({ browser: z.string().nullable(), system: z.string().nullable(), network: z.string().describe('An IPv4 /24 or an IPv6 /48.') })
    .nullable()
    .describe('For owners only (PRIV-04); null for everybody else.'),
})

const filters = z.strictObject({
  account: z.string().max(128).optional().describe('Of this account.'),
  address: z
    .string()
    .max(64)
    .optional()
    .describe('From this address, or with `privacy: { addresses: network }` from its network; for owners only.'),
  startedAfter: moment.optional().describe('Begun then or later.'),
  startedBefore: moment.optional().describe('Begun before.'),
  ...pageQuery,
})

/** Visitors' sessions. */
export const SESSIONS: readonly AdminEndpoint[] = [
  endpoint({
    id: 'listSessions',
    method: 'GET',
    path: '/sessions',
    callers: 'viewer',
    about: 'Who is signed in to the website, the newest first, in pages.',
    query: filters,
    answer: z.object({ sessions: z.array(sessionView), next }),
    run: list,
  }),
  endpoint({
    id: 'endSession',
    method: 'POST',
    path: '/sessions/{session}/end',
    callers: 'operator',
    change: true,
    about: 'Ends one session: refused from the next request on, its streams at once.',
    answer: z.object({ ended: z.int() }),
    run: async (call) => {
      const session = await findSession(call.parts, call.params['session'] ?? '')
      if (session === null) return refused('not_found')
      const ended = await ask(() => call.parts.sessions.end(session, call.at, 'ended-by-owner'))
      return said({ ended: ended ? 1 : 0 })
    },
  }),
  endpoint({
    id: 'endSessionsOfAccount',
    method: 'POST',
    path: '/accounts/{name}/sessions/end',
    callers: 'operator',
    change: true,
    about: 'Ends all sessions of an account.',
    answer: z.object({ ended: z.int() }),
    run: async (call) => {
      const account = await ask(() => call.parts.stores.accounts.findByKey(accountKey(call.params['name'] ?? '')))
      if (account === null) return refused('not_found')
      return said({ ended: await ask(() => call.parts.sessions.endAll(account.id, call.at, 'ended-by-owner')) })
    },
  }),
  endpoint({
    id: 'endAllSessions',
    method: 'POST',
    path: '/sessions/end-all',
    callers: 'owner',
    change: true,
    grave: true,
    about: 'Ends all sessions of all accounts, and all JWTs that were issued until now.',
    answer: z.object({ ended: z.int() }),
    run: endAll,
  }),
]

type Query = z.output<typeof filters>
type Page = { readonly sessions: z.output<typeof sessionView>[]; readonly next: string | null }

async function list(call: AdminCall<Query>): Promise<Said<Page>> {
  const { parts, query, at } = call
  const { role } = adminOf(call)
  const limits = parts.policy().sessions
  // The answer would tell where each of them is.
  if (query.address !== undefined && role !== 'owner') return refused('role_required')
  const address = query.address === undefined ? undefined : parseAddress(query.address)
  if (address === null) return refused('admin_request_refused', 'address: that is no IPv4 or IPv6 address.')
  const after = query.cursor === undefined ? undefined : placeAfter(call, query.cursor)
  if (after === null) return refused('admin_request_refused', OUTDATED)
  const account =
    query.account === undefined ? undefined : await ask(() => parts.stores.accounts.findByKey(accountKey(query.account ?? '')))
  if (account === null) return said({ sessions: [], next: null })
  const found = await ask(() =>
    parts.stores.sessions.page({
      limit: query.limit + 1,
      seenAfter: at - limits.idleMs,
      authenticatedAfter: at - limits.absoluteMs,
      ...(account === undefined ? {} : { account: account.id }),
      ...(address === undefined ? {} : { address: asWritten(call, formatAddress(address)) }),
      ...(query.startedAfter === undefined ? {} : { from: Date.parse(query.startedAfter) }),
      ...(query.startedBefore === undefined ? {} : { before: Date.parse(query.startedBefore) }),
      ...(after === undefined ? {} : { after }),
    }),
  )
  const page = found.slice(0, query.limit)
  const last = page.at(-1)
  const more = found.length > page.length && last !== undefined ? sealCursor(call, 'sessions', [last.createdAt, last.id]) : null
  return said({ sessions: page.map((session) => show(call, session)), next: more })
}

function show(call: AdminCall, session: Session): z.output<typeof sessionView> {
  const ends = expiries(session, call.parts.policy().sessions)
  const iso = (at: number): string => new Date(at).toISOString()
  return {
    session: sessionName(call.parts, session),
    label: call.parts.label(session.id),
    account: session.name,
    methods: session.factors.map(({ kind }) => kind),
    startedAt: iso(session.createdAt),
    seenAt: iso(session.seenAt),
    idleExpiresAt: iso(ends.idle),
    expiresAt: iso(ends.absolute),
    device: adminOf(call).role === 'owner' ? { ...readAgent(session.agent), network: siteOf(session.address) } : null,
  }
}

/** As it is with the session: where the owner wants it so, of an address only the network is. */
function asWritten({ parts }: AdminCall, address: string): string {
  return parts.config().privacy.addresses === 'network' ? siteOf(address) : address
}

function placeAfter(call: AdminCall, cursor: string): { readonly createdAt: number; readonly id: string } | null {
  const [createdAt, id] = openCursor(call, 'sessions', cursor) ?? []
  return createdAt === undefined || id === undefined ? null : { createdAt: Number(createdAt), id }
}

async function endAll({ parts, at }: AdminCall): Promise<Said<{ readonly ended: number }>> {
  await ask(() => denyAllJwts(at, parts.config(), parts.stores.denials))
  return said({ ended: await ask(() => parts.sessions.endEveryone(at, 'ended-by-owner')) })
}
