import type { Answer } from '../answer.ts'
import { ownData } from '../account/own-data.ts'
import { countAttempt } from '../account/throttle.ts'
import { auditEvent, browser, causedBy } from '../audit/event.ts'
import { isFresh } from '../decide/freshness.ts'
import { ask } from '../store/ask.ts'
import type { Call } from './endpoint.ts'
import { readFields } from './fields.ts'
import { render } from './render.ts'
import { goTo, refuse, sayJson } from './say.ts'
import { strangerAnswer } from './stranger.ts'
import { visitorOf } from './visitor.ts'

const FRESH_MS = 300_000

/** `POST /auth/export`: everything that is kept about the visitor, as a file; a fresh proof first. It leaves a line in the audit trail, so no GET does it. */
export async function exportOwnData(call: Call): Promise<Answer> {
  const { head, parts, page, policy } = call
  const read = await readFields(head, call.body)
  if (read.kind === 'refused') return await refuse(call, read.code)
  const visitor = await visitorOf(call)
  if (visitor === null) return await refuse(call, 'duplicate_cookie')
  if (visitor.kind !== 'known') return strangerAnswer(call, `${page.basePath}/sessions`)
  const { session } = visitor
  if (!isFresh(session, FRESH_MS, head.at)) {
    if (read.from === 'json') return render({ kind: 'step-up', maxAgeMs: FRESH_MS }, head, policy)
    return goTo(`${page.basePath}/step-up?next=${encodeURIComponent(`${page.basePath}/sessions`)}`)
  }
  // Ten thousand events are read and sent: often enough for whoever wants to know, too seldom for a load.
  const limit = { max: 10, perMs: 3_600_000, burst: 10 }
  const retryAfterMs = await countAttempt(parts.counters, [{ key: `export ${session.account}`, limit, keepMs: limit.perMs }], head.at)
  if (retryAfterMs !== null) return await refuse(call, 'too_many_attempts', { retryAfterMs })
  const account = await ask(() => parts.accounts.get(session.account))
  if (account === null) return await refuse(call, 'not_found')
  const data = ownData({
    account,
    sessions: await ask(() => parts.sessions.list(account.id, head.at)),
    factors: await parts.factors.list(account.id),
    identities: await parts.providers.identities.of(account.id),
    events: await ask(() => parts.ownEvents(account.name)),
    label: parts.label,
  })
  const actor = browser(account.name, parts.label(session.id))
  await parts.audit.commit(auditEvent({ ...causedBy(head), kind: 'account.exported', actor, target: account.name }))
  const answer = sayJson(200, data)
  return { ...answer, headers: [...answer.headers, ['content-disposition', 'attachment; filename="my-data.json"']] }
}
