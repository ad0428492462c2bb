import type { Session } from '../decide/session.ts'
import { ask } from '../store/ask.ts'
import type { AdminParts } from './parts.ts'

/**
 * What a session is called here: its label in the audit trail and the moment at which it began, by which it is found among a hundred
 * thousand without a search through all of them.
 */
export function sessionName({ label }: Pick<AdminParts, 'label'>, { id, createdAt }: Session): string {
  return `${label(id)}.${createdAt.toString(36)}`
}

/** Null when none of that name counts any more. */
export async function findSession({ stores, label, policy, clock }: AdminParts, name: string): Promise<Session | null> {
  const [, wanted, moment] = /^([A-Za-z0-9_-]{16})\.([0-9a-z]{1,11})$/.exec(name) ?? []
  if (wanted === undefined || moment === undefined) return null
  const from = Number.parseInt(moment, 36)
  const { idleMs, absoluteMs } = policy().sessions
  const at = clock()
  const query = { limit: PAGE, from, before: from + 1, seenAfter: at - idleMs, authenticatedAfter: at - absoluteMs }
  let page = await ask(() => stores.sessions.page(query))
  while (page.length > 0) {
    const found = page.find(({ id }) => label(id) === wanted)
    const last = page.at(-1)
    if (found !== undefined || page.length < PAGE || last === undefined) return found ?? null
    page = await ask(() => stores.sessions.page({ ...query, after: last }))
  }
  return null
}

/** Sign-ins of the same millisecond. */
const PAGE = 500
