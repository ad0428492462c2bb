import { targetKey } from '../account/oidc/access.ts'
import type { Target } from '../account/oidc/renew.ts'
import type { OidcProvider } from '../account/oidc/provider.ts'
import type { Answer } from '../answer.ts'
import { auditEvent, browser, causedBy } from '../audit/event.ts'
import { networkOf } from '../decide/ip.ts'
import { counterKey, type Hit } from '../decide/counters.ts'
import type { VisitorToken } from '../decide/policy.ts'
import type { FailureCode } from '../errors.ts'
import { SIGN_IN_MS, type Transaction } from '../session/transactions.ts'
import { ask } from '../store/ask.ts'
import type { Call } from './endpoint.ts'
import { enterWith } from './enter-with.ts'
import { readFields } from './fields.ts'
import { landing } from './own-pages.ts'
import { onwardPage } from './pages/onward.ts'
import { refuseUnproven } from './refuse-unproven.ts'
import { cookieLines, goTo, refuse, sayJson, sayPage } from './say.ts'
import { visitorOf } from './visitor.ts'

/** `POST /auth/oidc/start`: a person of this website wants to sign in at a provider, or to link what he has there with his account. */
export async function startSignIn(call: Call): Promise<Answer> {
  const { head, parts } = call
  const read = await readFields(head, call.body)
  if (read.kind === 'refused') return await refuse(call, read.code)
  const provider = parts.providers.byName.get(read.fields.get('provider') ?? '')
  if (provider === undefined) return await refuse(call, 'not_found')
  const visitor = await visitorOf(call)
  if (visitor === null) return await refuse(call, 'duplicate_cookie')
  const purpose = read.fields.get('link') === 'yes' ? 'link' : 'sign-in'
  if (purpose === 'link') {
    if (visitor.kind !== 'known') return await refuse(call, 'session_required')
    const unproven = await refuseUnproven(call, visitor.session, `${call.policy.basePath}/identities`)
    if (unproven !== null) return unproven
  }
  const [count] = await ask(() => parts.counters.add([startHit(head.client)], head.at))
  if (count === undefined || count.over) return await refuse(call, 'too_many_attempts', { retryAfterMs: count?.retryAfterMs ?? 60_000 })
  const next = landing(call, read.fields.get('next') ?? null)
  const session = visitor.kind === 'known' ? visitor.session.id : null
  const { transaction, cookies } = parts.providers.transactions.begin(head, { provider: provider.settings.name, next, purpose, session })
  const location = await provider.begin({ ...transaction, redirectUri: redirectUri(call, provider), ...wishes(call, provider) })
  if (read.from === 'json') return sayJson(200, { location }, cookies)
  const { label } = provider.settings
  const { onward } = call.page.texts
  const page = await onwardPage(call.page, { to: location, title: onward.to(label), label: onward.button })
  return sayPage(200, page, cookieLines(cookies))
}

/** A company behind one address begins its day within minutes; beyond that each would cost the provider a question. */
function startHit(address: string): Hit {
  return { key: counterKey('oidc-start', networkOf(address)), limit: { burst: 300, max: 600, perMs: 60_000 }, keepMs: 120_000 }
}

/** `GET /auth/oidc/callback/NAME`: the browser comes back with the provider's answer. Ends in a session, or in a page that says why not. */
export async function finishSignIn(call: Call): Promise<Answer> {
  const { head, parts } = call
  // An image or a frame of another site must not sign anybody in (OIDC-18).
  const destination = head.headers.get('sec-fetch-dest')
  if (destination !== null && destination !== 'document') return await refuse(call, 'destination_refused')
  const provider = parts.providers.byName.get(head.path.slice(head.path.lastIndexOf('/') + 1))
  if (provider === undefined) return await refuse(call, 'not_found')
  const states = new URLSearchParams(head.query).getAll('state')
  const state = states.length === 1 ? (states[0] ?? '') : ''
  const transaction = parts.providers.transactions.find(head, state)
  // The provider of the transaction, not of the address, is who was asked: a code from another one is not redeemed (RFC 9700 §4.4).
  if (transaction === null || transaction.provider !== provider.settings.name)
    return await stop(call, provider, 'sign_in_unknown', 'state_unknown')
  const isFirst = await ask(() => parts.providers.nonces.spend('oidc state', state, head.at + SIGN_IN_MS))
  if (!isFirst) return await stop(call, provider, 'sign_in_unknown', 'state_spent')
  const over = cookieLines([parts.providers.transactions.end(state)])
  const answer = await redeem(call, provider, transaction)
  return { ...answer, headers: [...answer.headers, ...over] }
}

async function redeem(call: Call, provider: OidcProvider, transaction: Transaction): Promise<Answer> {
  const { head, parts, policy } = call
  const asked = { ...transaction, redirectUri: redirectUri(call, provider) }
  const target = firstTarget(call, provider)
  const redeemed = await provider.redeem(head.query, asked, target, head.at)
  if (redeemed.kind === 'refused') return await stop(call, provider, 'sign_in_refused', redeemed.why)
  const claim = transaction.session === null ? null : await ask(() => parts.sessions.find(transaction.session ?? ''))
  const entered = await enterWith(call, provider.settings, transaction, { ...redeemed, target }, claim)
  if (entered.kind === 'refused') return await stop(call, provider, entered.code, entered.why)
  if (!entered.isWhole) return goTo(`${policy.basePath}/login`, cookieLines(entered.cookies))
  const to = `${policy.basePath}/oidc/signed-in?next=${encodeURIComponent(transaction.next)}`
  return goTo(to, cookieLines(entered.cookies))
}

/** `GET /auth/oidc/signed-in`: the first page of our own after the provider's. Changes nothing, and needs to know nobody. */
export async function showSignedIn(call: Call): Promise<Answer> {
  const to = landing(call, new URLSearchParams(call.head.query).get('next'))
  const { onward } = call.page.texts
  return sayPage(200, await onwardPage(call.page, { to, title: onward.signedIn, label: onward.button }))
}

/** What the APIs behind this provider's tokens need. */
function targetsOf({ policy }: Call, { settings }: OidcProvider): readonly VisitorToken[] {
  return policy.apis.map(({ visitorToken }) => visitorToken).filter((wish) => wish?.provider === settings.name) as readonly VisitorToken[]
}

function wishes(call: Call, provider: OidcProvider): { readonly resources: readonly string[]; readonly scopes: readonly string[] } {
  const targets = targetsOf(call, provider)
  const resources = targets.map(({ resource }) => resource).filter((resource) => resource !== null)
  return { resources: [...new Set(resources)], scopes: targets.flatMap(({ scopes }) => scopes ?? []) }
}

/** With one API the code's own access token is for it; with several each gets one of its own later. */
function firstTarget(call: Call, provider: OidcProvider): Target {
  const targets = new Map(targetsOf(call, provider).map((wish) => [targetKey(wish), wish]))
  const [only] = targets.values()
  return targets.size === 1 && only !== undefined ? { resource: only.resource, scopes: only.scopes } : NO_TARGET
}

const NO_TARGET: Target = { resource: null, scopes: null }

/** Registered with the provider, and of no other: the answer of one cannot be handed in as another's. */
function redirectUri({ policy }: Call, { settings }: OidcProvider): string {
  return `${policy.publicOrigin}${policy.basePath}/oidc/callback/${settings.name}`
}

/** No session. What the provider wrote is not shown (OIDC-22); what was wrong is in the audit trail. */
async function stop(call: Call, { settings }: OidcProvider, code: FailureCode, why: string): Promise<Answer> {
  const { head, parts } = call
  const detail = { factor: 'oidc', provider: settings.name, why }
  parts.audit.note(
    auditEvent({ ...causedBy(head), kind: 'login.failed', actor: browser(null, null), result: 'failed', reason: code, detail }),
  )
  return await refuse(call, code)
}
