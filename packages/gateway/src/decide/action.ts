import { counterKey } from './counters.ts'
import type { RequestHead } from './head.ts'
import type { Visitor } from './session.ts'

/**
 * What a line of `allow` demands besides the session: nothing; a token of this session for this line, as often as wanted; or one
 * that was made for this very call and is spent by it.
 */
export type ActionUse = 'none' | 'session' | 'once'

/** What became of that demand, as far as the head says. */
export type ActionProof = 'not-needed' | 'good' | 'missing' | 'refused'

/** Carries it, either way. No other site's page can send it without asking first, and no upstream ever sees it. */
export const ACTION_FIELD = 'cloakroom-action'

/** For whom a token is good: dies with the session or the visit. Null for those who need none or can have none. */
export function actionSubject(visitor: Visitor): string | null {
  switch (visitor.kind) {
    case 'known':
      return counterKey('session', visitor.session.id, visitor.session.account)
    case 'visitor':
      return counterKey('visit', visitor.visit.id)
    // A program sends its key on purpose, with every call: nobody can trick it into one.
    case 'machine':
    case 'bearer':
    case 'stranger':
      return null
  }
}

/** One call to the letter. */
export function callOf({ method, path, query }: Pick<RequestHead, 'method' | 'path' | 'query'>): string {
  return counterKey(method, path, query)
}
