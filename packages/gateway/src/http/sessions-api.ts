import type { SessionEntry } from '@cloakroom/contract'
import type { Answer } from '../answer.ts'
import { readAgent } from '../decide/agent.ts'
import { isFresh } from '../decide/freshness.ts'
import { expiries, type Session } from '../decide/session.ts'
import { ask } from '../store/ask.ts'
import { clearCookie } from './clear-cookie.ts'
import { SESSION_COOKIE } from '../decide/cookies.ts'
import type { Call } from './endpoint.ts'
import { readFields } from './fields.ts'
import { sessionsPage } from './pages/sessions.ts'
import { render } from './render.ts'
import { cookieLines, goTo, refuse, sayJson, sayNothing, sayPage, wantsPage } from './say.ts'
import { strangerAnswer } from './stranger.ts'
import { visitorOf } from './visitor.ts'

/** How recent a proof must be before sessions are ended (SES-17): what a thief with a cookie must not do is throw the owner out. */
const FRESH_MS = 300_000

/** `GET /auth/sessions`: the account's sessions, the newest first; a page for a person. */
export async function showSessions(call: Call): Promise<Answer> {
  const own = await ownSessions(call)
  if ('status' in own) return own
  const entries = own.sessions.map((session) => entryOf(call, session, own.session))
  if (!wantsPage(call.head)) return sayJson(200, { sessions: entries })
  return sayPage(200, await sessionsPage(call.page, { account: own.session.name, at: call.head.at, entries }))
}

/** `POST /auth/sessions/end`: `{ which: "others" | "all" }` or `{ label }` → 204, or the page again; a fresh proof first. */
export async function endSessions(call: Call): Promise<Answer> {
  const { head, parts, page, policy } = call
  const read = await readFields(head, call.body)
  if (read.kind === 'refused') return await refuse(call, read.code)
  const own = await ownSessions(call)
  if ('status' in own) return own
  if (!isFresh(own.session, FRESH_MS, head.at)) {
    if (read.from === 'json') return render({ kind: 'step-up', maxAgeMs: FRESH_MS }, head, policy)
    return goTo(`${page.basePath}/step-up?next=${encodeURIComponent(`${page.basePath}/sessions`)}`)
  }
  const meant = meantBy(call, own, read.fields)
  if (meant === null) return await refuse(call, 'not_found')
  // All of them by the account's generation: that also ends one that begins while this runs.
  if (meant === 'all') await ask(() => parts.sessions.endAll(own.session.account, head.at, 'ended-by-user'))
  else for (const session of meant) await ask(() => parts.sessions.end(session, head.at, 'ended-by-user'))
  const isOver = meant === 'all' || meant.some(({ id }) => id === own.session.id)
  const more = isOver ? cookieLines([clearCookie(SESSION_COOKIE)]) : []
  if (read.from === 'json') return sayNothing(more)
  return goTo(`${page.basePath}/${isOver ? 'login' : 'sessions'}`, more)
}

interface Own {
  readonly session: Session
  readonly sessions: readonly Session[]
}

async function ownSessions(call: Call): Promise<Own | Answer> {
  const { head, parts } = call
  const visitor = await visitorOf(call)
  if (visitor === null) return await refuse(call, 'duplicate_cookie')
  if (visitor.kind !== 'known') return strangerAnswer(call, `${call.page.basePath}/sessions`)
  const listed = await ask(() => parts.sessions.list(visitor.session.account, head.at))
  return { session: visitor.session, sessions: listed.toReversed() }
}

/** Null when nothing of his was named: a label of another account's session is none. */
function meantBy({ parts }: Call, { session, sessions }: Own, fields: ReadonlyMap<string, string>): 'all' | readonly Session[] | null {
  const [which, label] = [fields.get('which'), fields.get('label')]
  if (which !== undefined && label !== undefined) return null
  if (which === 'all') return 'all'
  if (which === 'others') return sessions.filter(({ id }) => id !== session.id)
  const found = sessions.filter(({ id }) => parts.label(id) === label)
  return found.length === 1 ? found : null
}

function entryOf({ parts, policy }: Call, session: Session, current: Session): SessionEntry {
  const iso = (at: number): string => new Date(at).toISOString()
  return {
    label: parts.label(session.id),
    current: session.id === current.id,
    ...readAgent(session.agent),
    address: session.address,
    methods: session.factors.map(({ kind }) => kind),
    startedAt: iso(session.createdAt),
    seenAt: iso(session.seenAt),
    expiresAt: iso(expiries(session, policy.sessions).absolute),
  }
}
