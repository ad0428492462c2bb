import * as z from 'zod'
import type { LoginOutcome } from '../account/login.ts'
import { ADMIN_COOKIE, ADMIN_PROGRESS_COOKIE, readCookie } from '../decide/cookies.ts'
import { provenAt } from '../decide/freshness.ts'
import { expiries, type Session } from '../decide/session.ts'
import { clearCookie } from '../http/clear-cookie.ts'
import { ask } from '../store/ask.ts'
import { type AdminCall, refused, type Said, said } from './endpoint.ts'
import { type Role, roleOf, ROLES } from './role.ts'

/** How old the second factor may be for what is grave. */
export const FRESH_MS = 300_000

const moment = z.iso.datetime()

export const meView = z.object({
  account: z.string(),
  role: z.enum(ROLES),
  expiresAt: moment.describe('The session ends then at the latest.'),
  idleExpiresAt: moment.describe('It ends then unless it is used before.'),
  freshUntil: moment.nullable().describe('Until then it may do what is grave; then `step-up` first.'),
})

export const stepView = z.object({
  next: z.enum(['second-factor', 'enrol', 'new-password']).describe('`second-factor`: a code to `/login/factor`. `enrol`: `/login/totp`.'),
  methods: z.array(z.enum(['totp', 'recovery-code'])).describe('What this step takes.'),
})

export function showMe(call: AdminCall, session: Session, role: Role): z.output<typeof meView> {
  const { absolute, idle } = expiries(session, call.parts.admins.limits)
  const proven = provenAt(session)
  const iso = (at: number): string => new Date(at).toISOString()
  return {
    account: session.name,
    role,
    expiresAt: iso(absolute),
    idleExpiresAt: iso(idle),
    freshUntil: proven !== null && call.at < proven + FRESH_MS ? iso(proven + FRESH_MS) : null,
  }
}

/** A login that goes on: its next step, and the cookie that remembers it. */
export async function goOn(call: AdminCall, outcome: LoginOutcome): Promise<Said<z.output<typeof stepView>>> {
  switch (outcome.kind) {
    case 'next': {
      const step = stepOf(outcome)
      if (step === null) return refused('login_outdated')
      const methods = outcome.methods.filter((method) => method !== 'passkey')
      return said({ next: step, methods }, [call.parts.admins.loginCookies.keep(outcome.progress, call.at)])
    }
    case 'granted':
    case 'recovered':
      // A password alone never signs an administrator in: the state machine was told so.
      return refused('second_factor_required')
    case 'refused':
    case 'throttled':
      return notYet(outcome)
  }
}

/** A login that is over: the session, or why there is none. */
export async function enter<More extends object>(
  call: AdminCall,
  outcome: LoginOutcome,
  more: More,
): Promise<Said<z.output<typeof meView> & More>> {
  if (outcome.kind === 'refused' || outcome.kind === 'throttled') return notYet(outcome)
  // No letter with a link goes to an administrator: nothing is recovered that way.
  if (outcome.kind === 'next' || outcome.kind === 'recovered') return refused('login_outdated')
  const { sessions, accounts } = call.parts.admins
  const { account, generation, factors } = outcome
  const role = roleOf(account.roles)
  if (role === null) return refused('login_failed')
  await endShown(call)
  const agent = (call.headers.get('user-agent') ?? '').slice(0, 512)
  const started = await ask(() =>
    sessions.start({
      account: account.id,
      name: account.name,
      roles: account.roles,
      generation,
      factors,
      address: call.address,
      agent,
      at: call.at,
    }),
  )
  if (started.kind === 'refused') return refused('login_failed')
  if (!(await accounts.stands(account))) {
    await ask(() => sessions.end(started.session, call.at, 'account-disabled'))
    return refused('login_failed')
  }
  return said({ ...showMe(call, started.session, role), ...more }, [started.setCookie, clearCookie(ADMIN_PROGRESS_COOKIE)])
}

/** What was shown with the sign-in does not outlive it (session fixation). */
async function endShown({ parts: { admins }, headers, at }: AdminCall): Promise<void> {
  const cookie = readCookie(headers, ADMIN_COOKIE)
  const claim = cookie.kind === 'one' ? await ask(() => admins.sessions.claim(cookie.value)) : null
  if (claim !== null) await ask(() => admins.sessions.end(claim.session, at, 'replaced'))
}

function stepOf({ progress }: Extract<LoginOutcome, { kind: 'next' }>): z.output<typeof stepView>['next'] | null {
  switch (progress.state.step) {
    case 'identify':
      return 'second-factor'
    case 'mail-link':
      return null
    default:
      return progress.state.step
  }
}

function notYet(outcome: Extract<LoginOutcome, { kind: 'refused' | 'throttled' }>): Said<never> {
  if (outcome.kind === 'throttled') return { kind: 'refused', code: 'too_many_attempts', retryAfterMs: outcome.retryAfterMs }
  return refused(outcome.code)
}
