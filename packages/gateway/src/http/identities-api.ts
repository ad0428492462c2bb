import type { Answer } from '../answer.ts'
import { browser, causedBy } from '../audit/event.ts'
import type { Identity } from '../account/identities.ts'
import type { Call } from './endpoint.ts'
import { readFields } from './fields.ts'
import { identitiesPage, type Way } from './pages/identities.ts'
import { refuseUnproven } from './refuse-unproven.ts'
import { goTo, refuse, sayJson, sayNothing, sayPage, wantsPage } from './say.ts'
import { visitorOf } from './visitor.ts'

/** `GET /auth/identities`: the providers at which one may sign in to this account. */
export async function showIdentities(call: Call): Promise<Answer> {
  const visitor = await visitorOf(call)
  if (visitor === null) return await refuse(call, 'duplicate_cookie')
  const { basePath } = call.policy
  if (visitor.kind !== 'known') {
    return wantsPage(call.head)
      ? goTo(`${basePath}/login?next=${encodeURIComponent(`${basePath}/identities`)}`)
      : await refuse(call, 'session_required')
  }
  const ways = waysOf(call, await call.parts.providers.identities.of(visitor.session.account))
  if (wantsPage(call.head)) return sayPage(200, await identitiesPage(call.page, { account: visitor.session.name, ways }))
  return sayJson(200, { identities: ways.filter(({ identity }) => identity !== null).map(viewOf) })
}

/** `POST /auth/identities/part`: that provider opens this account no more. */
export async function partIdentity(call: Call): Promise<Answer> {
  const { head, parts, page } = call
  const read = await readFields(head, call.body)
  if (read.kind === 'refused') return await refuse(call, read.code)
  const visitor = await visitorOf(call)
  if (visitor === null) return await refuse(call, 'duplicate_cookie')
  if (visitor.kind !== 'known') return await refuse(call, 'session_required')
  const { session } = visitor
  const account = await parts.accounts.find(session.name)
  const own = await parts.providers.identities.of(session.account)
  const issuer = parts.providers.byName.get(read.fields.get('provider') ?? '')?.settings.issuer
  const identity = own.find((candidate) => candidate.issuer === issuer)
  if (account === null || account.id !== session.account || identity === undefined) return await refuse(call, 'not_found')
  const others = waysOf(call, own).some((way) => way.identity !== null && way.identity !== identity)
  if (!others && !(account.hasPassword && call.policy.ownAccounts)) return await refuse(call, 'last_way_in')
  // Whoever found an open session must not be able to lock its owner out of the account.
  const unproven = await refuseUnproven(call, session, `${page.basePath}/identities`)
  if (unproven !== null) return unproven
  await parts.providers.identities.part(account, identity, { ...causedBy(head), actor: browser(session.name, parts.label(session.id)) })
  return read.from === 'form' ? goTo(`${page.basePath}/identities`) : sayNothing()
}

function waysOf({ policy }: Call, own: readonly Identity[]): readonly Way[] {
  return policy.providers.map(({ name, label, issuer }) => ({
    name,
    label,
    identity: own.find((identity) => identity.issuer === issuer) ?? null,
  }))
}

function viewOf({ name, label, identity }: Way): object {
  const iso = (at: number | null | undefined): string | null => (at === null || at === undefined ? null : new Date(at).toISOString())
  return { provider: name, label, linkedAt: iso(identity?.linkedAt), lastSignInAt: iso(identity?.lastLoginAt) }
}
