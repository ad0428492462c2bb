import type { Answer } from '../answer.ts'
import { ACTION_FIELD } from '../decide/action.ts'
import { readCookie, VISIT_COOKIE } from '../decide/cookies.ts'
import { canonicalTarget } from '../decide/head.ts'
import { findRoute } from '../decide/route.ts'
import { identify, type Visitor } from '../decide/session.ts'
import type { Call } from './endpoint.ts'
import { readFields } from './fields.ts'
import { refuse, sayJson } from './say.ts'
import { visitorOf } from './visitor.ts'

/** Of no bytes: for calls without a body. */
const EMPTY_HASH = '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU'

/**
 * `POST /auth/action`: JSON `{ call: "POST /api/shop/orders", bodyHash? }` → `{ use, field, actionToken, expiresAt }`. `use` is what the
 * line of `allow` demands; with `none` there is no token, and none is needed.
 */
export async function mintAction(call: Call): Promise<Answer> {
  const { head, policy, parts } = call
  const read = await readFields(head, call.body)
  if (read.kind === 'refused') return await refuse(call, read.code)
  const [, method = '', target = ''] = /^([A-Z][A-Z-]{0,30}) (\/\S*)$/.exec(read.fields.get('call') ?? '') ?? []
  const canonical = canonicalTarget(target)
  const bodyHash = read.fields.get('bodyHash') ?? EMPTY_HASH
  if (method === '' || canonical.kind !== 'target' || !/^[\w-]{43}$/.test(bodyHash)) return await refuse(call, 'body_unreadable')
  const visitor = await whoever(call)
  if (visitor === null) return await refuse(call, 'duplicate_cookie')
  const found = findRoute(policy, method, canonical.path)
  if (found.kind !== 'route' || found.route.kind !== 'api') return await refuse(call, 'not_found')
  const { route } = found
  if (route.actionToken === 'none') return sayJson(200, { use: 'none', field: ACTION_FIELD, actionToken: null, expiresAt: null })
  const minted = parts.actionTokens.mint({ route, method, path: canonical.path, query: canonical.query, bodyHash }, visitor, head.at)
  if (minted === null) return await refuse(call, route.api.access.kind === 'visitor' ? 'visit_required' : 'session_required')
  const { value: actionToken, expiresAt } = minted
  return sayJson(200, { use: route.actionToken, field: ACTION_FIELD, actionToken, expiresAt: new Date(expiresAt).toISOString() })
}

/** The session counts before the visit, as it does for the APIs. */
async function whoever(call: Call): Promise<Visitor | null> {
  const { head, policy, parts } = call
  const visitor = await visitorOf(call)
  if (visitor === null || visitor.kind === 'known') return visitor
  const visit = readCookie(head.headers, VISIT_COOKIE)
  if (visit.kind === 'many') return null
  return visit.kind === 'one' ? identify(null, parts.visits.open(visit.value, head.at), policy.sessions, head.at) : visitor
}
