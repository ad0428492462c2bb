import * as z from 'zod'
import { hashesOf } from '../account/factors.ts'
import { ADMIN_COOKIE } from '../decide/cookies.ts'
import { clearCookie } from '../http/clear-cookie.ts'
import { ask } from '../store/ask.ts'
import type { StoredFactor } from '../store/store.ts'
import { meView, showMe } from './begin-session.ts'
import { type AdminCall, type AdminEndpoint, adminOf, endpoint, refused, type Said, said } from './endpoint.ts'
import { offerTotp, totpOffer } from './sign-in-endpoints.ts'

export const factorView = z.object({
  id: z.string(),
  kind: z.enum(['totp', 'passkey', 'recovery-codes']),
  name: z.string(),
  createdAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime().nullable(),
  left: z.int().nullable().describe('Recovery codes that still count.'),
})

export function showFactor(factor: StoredFactor): z.output<typeof factorView> {
  const { id, kind, name, createdAt, lastUsedAt } = factor
  return {
    id,
    kind,
    name,
    createdAt: new Date(createdAt).toISOString(),
    lastUsedAt: lastUsedAt === null ? null : new Date(lastUsedAt).toISOString(),
    left: kind === 'recovery-codes' ? hashesOf(factor).length : null,
  }
}

/** An administrator's own account. */
export const ME: readonly AdminEndpoint[] = [
  endpoint({
    id: 'me',
    method: 'GET',
    path: '/me',
    callers: 'viewer',
    about: 'Who one is, until when, and until when one may do what is grave.',
    answer: meView,
    run: async (call) => {
      const { session, role } = adminOf(call)
      return said(showMe(call, session, role))
    },
  }),
  endpoint({
    id: 'changeOwnPassword',
    method: 'POST',
    path: '/me/password',
    callers: 'viewer',
    change: true,
    grave: true,
    about: 'Changes one’s own password. All sessions of the account end, this one, too.',
    body: z.strictObject({ currentPassword: z.string().max(1024), newPassword: z.string().max(1024) }),
    answer: null,
    run: async (call) => {
      const { session } = adminOf(call)
      const { currentPassword, newPassword } = call.body
      const changed = await call.parts.admins.accounts.changePassword(session.account, currentPassword, newPassword, call.cause)
      if (changed.kind === 'throttled') return { kind: 'refused', code: 'too_many_attempts', retryAfterMs: changed.retryAfterMs }
      if (changed.kind === 'refused') return refused(changed.code === 'password_wrong' ? 'password_wrong' : 'password_refused', changed.why)
      return said(null, [clearCookie(ADMIN_COOKIE)])
    },
  }),
  endpoint({
    id: 'ownFactors',
    method: 'GET',
    path: '/me/factors',
    callers: 'viewer',
    about: 'One’s own second factors.',
    answer: z.object({ factors: z.array(factorView) }),
    run: async (call) => said({ factors: (await call.parts.admins.factors.list(adminOf(call).session.account)).map(showFactor) }),
  }),
  endpoint({
    id: 'offerOwnTotp',
    method: 'POST',
    path: '/me/factors/totp',
    callers: 'viewer',
    change: true,
    grave: true,
    about: 'The seed of a further authenticator app; nothing is added until its first code is shown.',
    answer: totpOffer,
    run: async (call) => {
      const { session } = adminOf(call)
      return said(await offerTotp(call.parts, { id: session.account, name: session.name }, call.at))
    },
  }),
  endpoint({
    id: 'addOwnTotp',
    method: 'POST',
    path: '/me/factors/totp/confirm',
    callers: 'viewer',
    change: true,
    grave: true,
    about: 'Adds that app. All sessions of the account end, this one, too.',
    body: z.strictObject({ enrolment: z.string().max(4096), code: z.string().max(64), name: z.string().max(60).default('') }),
    answer: null,
    run: addTotp,
  }),
  endpoint({
    id: 'removeOwnFactor',
    method: 'POST',
    path: '/me/factors/{factor}/remove',
    callers: 'viewer',
    change: true,
    grave: true,
    about: 'Removes a second factor of one’s own, never the last. All sessions of the account end, this one, too.',
    answer: null,
    run: async (call) => {
      const { session, name } = adminOf(call)
      const removed = await call.parts.admins.factors.remove({ id: session.account, name }, call.params['factor'] ?? '', true, call.cause)
      if (removed === 'unknown') return refused('not_found')
      return removed === 'last_factor' ? refused('last_factor') : await endOwn(call)
    },
  }),
  endpoint({
    id: 'renewOwnRecoveryCodes',
    method: 'POST',
    path: '/me/recovery-codes',
    callers: 'viewer',
    change: true,
    grave: true,
    about: 'New recovery codes, shown this once. The ones before open nothing any more.',
    answer: z.object({ recoveryCodes: z.array(z.string()) }),
    run: async (call) => {
      const { session, name } = adminOf(call)
      return said({ recoveryCodes: [...(await call.parts.admins.factors.makeRecoveryCodes({ id: session.account, name }, call.cause))] })
    },
  }),
]

async function addTotp(
  call: AdminCall<unknown, { readonly enrolment: string; readonly code: string; readonly name: string }>,
): Promise<Said<null>> {
  const { session, name } = adminOf(call)
  const { enrolments, factors } = call.parts.admins
  const seed = enrolments.open(call.body.enrolment, session.account, call.at)
  if (seed === null) return refused('admin_request_refused', 'This seed is older than ten minutes. Ask for another one.')
  const added = await factors.addTotp({ id: session.account, name }, seed, call.body.code, call.body.name, call.cause)
  return added === 'added' ? await endOwn(call) : refused(added)
}

async function endOwn(call: AdminCall): Promise<Said<null>> {
  const { session } = adminOf(call)
  await ask(() => call.parts.admins.sessions.endAll(session.account, call.at, 'factors-changed'))
  return said(null, [clearCookie(ADMIN_COOKIE)])
}
