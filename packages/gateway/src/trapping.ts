import type { RequestBody } from './answer.ts'
import { auditEvent, causedBy } from './audit/event.ts'
import { marksWanted } from './decide/guard-plan.ts'
import type { RequestHead } from './decide/head.ts'
import type { Policy } from './decide/policy.ts'
import type { Visitor } from './decide/session.ts'
import type { Parts } from './parts.ts'
import { actorOf } from './recognition.ts'
import { watchBody } from './trap/body-watch.ts'

/** A request that is searched for planted credentials and for values of decoys. */
export interface Search {
  /** Tells of what is in the head; to be called once, when it is known who it is. Throws what the part throws. */
  head(visitor: Visitor | null): void
}

/**
 * Begins to search a request for the marks that the guard wants to know of; null, and nothing is done, when it wants none. What is found is
 * told to the audit trail (`decoy.canary`, `honey.presented`), where signals and rules of the event phase hear of it.
 */
export function searchFor(head: RequestHead, body: RequestBody | null, policy: Policy, parts: Parts): Search | null {
  const { traps } = parts
  if (policy.guard === null || traps === undefined) return null
  const wanted = marksWanted(policy.guard)
  if (!wanted.decoy && !wanted.honey) return null
  let who: Visitor | null = null

  function tell(kind: 'decoy.canary' | 'honey.presented', where: 'head' | 'body', tag: string | null): void {
    parts.audit.note(
      auditEvent({
        ...causedBy(head),
        kind,
        actor: actorOf(who),
        target: `${head.method} ${head.path}`,
        detail: { where, ...(tag === null ? {} : { decoy: tag }) },
      }),
    )
  }

  if (body !== null) {
    // Once of each: the pieces overlap, and one event is enough.
    const left = { decoy: wanted.decoy, honey: wanted.honey }
    watchBody(body, head, (text) => {
      try {
        const [tag] = left.decoy ? traps.inBody(text, 'decoy') : []
        if (tag !== undefined) {
          left.decoy = false
          tell('decoy.canary', 'body', tag)
        }
        if (left.honey && traps.inBody(text, 'honey').length > 0) {
          left.honey = false
          tell('honey.presented', 'body', null)
        }
      } catch (cause) {
        // The request goes its way; that nobody looked is the operator's to know.
        left.decoy = left.honey = false
        parts.observer.failure(head, cause)
      }
    })
  }
  return {
    head(visitor) {
      who = visitor
      const [tag] = wanted.decoy ? traps.canariesIn(head) : []
      if (tag !== undefined) tell('decoy.canary', 'head', tag)
      if (wanted.honey && traps.presents(head, 'honey')) tell('honey.presented', 'head', null)
    },
  }
}
