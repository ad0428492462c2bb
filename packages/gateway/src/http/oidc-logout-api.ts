import type { OidcProvider } from '../account/oidc/provider.ts'
import type { SignOut } from '../account/oidc/sign-outs.ts'
import type { Answer } from '../answer.ts'
import { auditEvent, causedBy, GATEWAY } from '../audit/event.ts'
import { counterKey, type Hit } from '../decide/counters.ts'
import { GRANT_COOKIE, SESSION_COOKIE } from '../decide/cookies.ts'
import { networkOf } from '../decide/ip.ts'
import type { LogoutVerdict } from '../decide/logout-token.ts'
import { nextPath } from '../decide/next.ts'
import { ask } from '../store/ask.ts'
import { clearCookie } from './clear-cookie.ts'
import type { Call } from './endpoint.ts'
import { isPending } from './enter-with.ts'
import { bodyKind, readFields } from './fields.ts'
import { goTo, refuse, sayJson } from './say.ts'

/** `POST /auth/oidc/backchannel-logout`: a provider says that somebody signed out there (OpenID Connect Back-Channel Logout 1.0). */
export async function backChannelLogout(call: Call): Promise<Answer> {
  const { head, parts } = call
  const [count] = await ask(() => parts.counters.add([logoutHit(head.client)], head.at))
  if (count === undefined || count.over) return await refuse(call, 'too_many_attempts', { retryAfterMs: count?.retryAfterMs ?? 60_000 })
  if (bodyKind(head) !== 'form') return await refuse(call, 'media_type_refused')
  const read = await readFields(head, call.body)
  if (read.kind === 'refused') return await refuse(call, read.code)
  const { verdict, provider } = await judge(call, read.fields.get('logout_token') ?? '')
  if (verdict.kind === 'refused') return await refused(call, provider, verdict.why)
  const { wish } = verdict
  // OIDC-15: the second one of the same name does nothing.
  if (!(await ask(() => parts.providers.nonces.spend(`logout ${wish.issuer}`, wish.id, wish.until))))
    return await refused(call, provider, 'replayed')
  // Signed, so that nobody can have rows written for what never was.
  await parts.providers.signOuts.remember({ ...wish, until: wish.issuedAt }, head.at)
  await endSessions(call, provider, wish)
  return sayJson(200, {})
}

/** A provider tells thousands of sessions at once; nobody else has a reason to. */
function logoutHit(address: string): Hit {
  return { key: counterKey('oidc-logout', networkOf(address)), limit: { burst: 600, max: 1200, perMs: 60_000 }, keepMs: 120_000 }
}

interface Judged {
  readonly verdict: LogoutVerdict
  readonly provider: OidcProvider | null
}

/** What the token says of its issuer only chooses whose keys are tried. */
async function judge(call: Call, text: string): Promise<Judged> {
  const { decodeJwt } = await import('jose')
  let issuer: unknown
  try {
    issuer = decodeJwt(text).iss
  } catch {
    return { verdict: { kind: 'refused', why: 'unreadable' }, provider: null }
  }
  let last: Judged = { verdict: { kind: 'refused', why: 'issuer' }, provider: null }
  for (const provider of call.parts.providers.byName.values()) {
    if (provider.settings.issuer !== issuer) continue
    last = { verdict: await provider.readLogoutToken(text, call.head.at), provider }
    if (last.verdict.kind === 'accepted') return last
  }
  return last
}

async function refused(call: Call, provider: OidcProvider | null, why: string): Promise<Answer> {
  noteLogout(call, provider, { result: 'refused', reason: 'logout_token_refused', detail: { channel: 'back', why } })
  return await refuse(call, 'logout_token_refused')
}

/** `GET /auth/oidc/frontchannel-logout`: the same, through the browser, for providers that can do no better. Needs the provider's session identifier, which only it and we know. */
export async function frontChannelLogout(call: Call): Promise<Answer> {
  const query = new URLSearchParams(call.head.query)
  const [issuers, sids] = [query.getAll('iss'), query.getAll('sid')]
  const provider = [...call.parts.providers.byName.values()].find(
    ({ settings }) => settings.frontChannelLogout && settings.issuer === issuers[0],
  )
  const sid = sids[0]
  if (provider === undefined || issuers.length !== 1 || sids.length !== 1 || sid === undefined || sid === '')
    return await refuse(call, 'not_found')
  await endSessions(call, provider, { issuer: provider.settings.issuer, subject: null, sid })
  return sayJson(200, {}, [SESSION_COOKIE, GRANT_COOKIE].map(clearCookie))
}

async function endSessions(call: Call, provider: OidcProvider | null, { issuer, subject, sid }: Omit<SignOut, 'until'>): Promise<void> {
  const { head, parts } = call
  const { grants, signOuts } = parts.providers
  const found = await grants.sessionsOf(issuer, subject, sid)
  const pending = found.filter(isPending)
  for (const login of pending) await signOuts.rememberLogin(login, head.at)
  // Looked for once more: a login that became a session meanwhile has not seen what was just written.
  const sessions = pending.length === 0 ? found : new Set([...found, ...(await grants.sessionsOf(issuer, subject, sid))])
  let ended = 0
  for (const id of sessions) {
    const claim = await ask(() => parts.sessions.find(id))
    if (claim !== null && (await ask(() => parts.sessions.end(claim.session, head.at, 'ended-by-provider')))) ended += 1
  }
  noteLogout(call, provider, { result: 'ok', detail: { sessions: ended, by: sid === null ? 'subject' : 'session' } })
}

type LogoutEvent = Pick<Parameters<typeof auditEvent>[0], 'result' | 'reason' | 'detail'>

function noteLogout({ head, parts }: Call, provider: OidcProvider | null, event: LogoutEvent): void {
  const target = provider?.settings.name ?? null
  parts.audit.note(auditEvent({ ...causedBy(head), kind: 'provider.logout', actor: GATEWAY, target, ...event }))
}

/** `GET /auth/oidc/signed-out`: back from the provider's own sign-out page; on to where the person was to go. */
export function showSignedOut({ head, parts, policy: { basePath } }: Call): Answer {
  const states = new URLSearchParams(head.query).getAll('state')
  const wanted = states.length === 1 ? parts.providers.transactions.back(states[0] ?? '', head.at) : null
  return goTo(wanted === null ? `${basePath}/login` : nextPath(wanted, basePath, [`${basePath}/login`]))
}
