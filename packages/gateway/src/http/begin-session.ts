import type { AccountSummary } from '../account/accounts.ts'
import { readCookie, VISIT_COOKIE } from '../decide/cookies.ts'
import { traitsOf } from '../decide/drift.ts'
import type { Device } from '../decide/device.ts'
import type { Instant } from '../decide/head.ts'
import type { Factor, Session } from '../decide/session.ts'
import { clearCookie } from './clear-cookie.ts'
import { ask } from '../store/ask.ts'
import type { Call } from './endpoint.ts'

export type Begun =
  | { readonly kind: 'begun'; readonly session: Session; readonly cookies: readonly string[] }
  | { readonly kind: 'refused'; readonly code: 'login_failed' | 'session_limit' }

export interface Begin {
  readonly account: AccountSummary
  readonly factors: readonly Factor[]
  /** The account's before its password was checked; left out, the one of now. */
  readonly generation?: number
  /** Of a session that goes on; left out, its time begins now. */
  readonly authenticatedAt?: Instant
  /** The session that was shown with the request; it ends (SES-03). */
  readonly shown: Session | null
  readonly device: Device | null
}

/** A new session after an authentication, under a new identifier; the one that was shown before and the visit are over. */
export async function beginSession({ head, parts, page }: Call, { account, shown, device, ...proven }: Begin): Promise<Begun> {
  // First: a session under the old identifier must not outlive the login, even if what follows fails (session fixation).
  if (shown !== null) await ask(() => parts.sessions.end(shown, head.at, 'replaced'))
  const agent = (head.headers.get('user-agent') ?? '').slice(0, LONGEST_AGENT)
  const started = await ask(() =>
    parts.sessions.start({
      account: account.id,
      name: account.name,
      roles: account.roles,
      ...proven,
      address: head.client,
      agent,
      traits: traitsOf(head.headers),
      at: head.at,
    }),
  )
  if (started.kind === 'refused') return { kind: 'refused', code: started.why === 'limit' ? 'session_limit' : 'login_failed' }
  const { session } = started
  // The account may have been closed, or its password changed, after it was checked and before the session was there to be ended.
  if (!(await parts.accounts.stands(account))) {
    await ask(() => parts.sessions.end(session, head.at, 'account-disabled'))
    return { kind: 'refused', code: 'login_failed' }
  }
  if (account.language === null) await parts.accounts.speak(account.id, page.texts.language)
  const visit = readCookie(head.headers, VISIT_COOKIE).kind === 'absent' ? [] : [clearCookie(VISIT_COOKIE)]
  return { kind: 'begun', session, cookies: [started.setCookie, parts.devices.remember(device, account.id, head.at), ...visit] }
}

/** Enough to tell one's devices apart. */
const LONGEST_AGENT = 256
