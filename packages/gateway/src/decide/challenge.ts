import { readCookie, SESSION_COOKIE, VISIT_COOKIE } from './cookies.ts'
import { WS } from './handshake.ts'
import { isNavigation, type Instant, type RequestHead } from './head.ts'
import { networkOf } from './ip.ts'
import { senderOf } from './origin.ts'
import type { Policy } from './policy.ts'
import { isBelow } from './route.ts'

export type Difficulty = 'easy' | 'medium' | 'hard'

/** What a cleared challenge opens: one route, for a while, up to what was asked there. */
export interface Clearance {
  readonly route: string
  readonly difficulty: Difficulty
  readonly until: Instant
}

const RANK: Readonly<Record<Difficulty, number>> = { easy: 0, medium: 1, hard: 2 }

/** Was as much done for this route as is asked now? */
export function isCleared(clearances: readonly Clearance[], route: string, asked: Difficulty, at: Instant): boolean {
  return clearances.some((each) => each.route === route && RANK[each.difficulty] >= RANK[asked] && at < each.until)
}

/** With one more, the newest first; what is over or said by the new one is left out, and so is what would make the cookie too long. */
export function withClearance(clearances: readonly Clearance[], fresh: Clearance, at: Instant): readonly Clearance[] {
  const kept = clearances.filter((each) => each.route !== fresh.route && at < each.until)
  return [fresh, ...kept].slice(0, MOST_CLEARANCES)
}

/** Routes that a visitor uses within minutes; each takes some hundred bytes of the cookie at most. */
const MOST_CLEARANCES = 12

/** To whom a challenge is given: the network and the browser it came from, and the session or visit that the browser shows. */
export interface Holder {
  readonly client: string
  /** The cookie's value as it was sent, believed or not: who changes it is another. Empty when none was. */
  readonly shown: string
}

/** A pass must not move: not to another session, not to another network, not to another browser. */
export function holderOf({ client, headers }: RequestHead): Holder {
  const session = readCookie(headers, SESSION_COOKIE)
  const visit = readCookie(headers, VISIT_COOKIE)
  const shown = session.kind === 'one' ? `s${session.value}` : visit.kind === 'one' ? `v${visit.value}` : ''
  return { client: `${networkOf(client)} ${headers.get('user-agent') ?? ''}`, shown }
}

export type ChallengeForm =
  /** A person who waits for a page, and goes on to `next` afterwards. */
  | { readonly kind: 'page'; readonly next: string }
  /** A script of ours, which solves it and asks again. */
  | { readonly kind: 'problem' }

/**
 * How this request can be challenged; null when it cannot be: a handshake has no body that a script could read, a form that was sent cannot
 * be sent again from here, and a page of another origin may not clear anything.
 */
export function challengeForm(head: RequestHead, policy: Policy): ChallengeForm | null {
  if (head.method === WS) return null
  const path = head.path + (head.query === '' ? '' : `?${head.query}`)
  if (isNavigation(head)) return { kind: 'page', next: path }
  // Our own forms stand on pages that can be opened again: what was typed is lost, nothing else.
  if (head.headers.get('sec-fetch-mode') === 'navigate') return isBelow(head.path, policy.basePath) ? { kind: 'page', next: path } : null
  const sender = senderOf(head, policy)
  return sender === 'own' || sender === 'unsaid' ? { kind: 'problem' } : null
}
