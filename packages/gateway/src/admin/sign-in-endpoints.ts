import * as z from 'zod'
import { newSeed, seedUri } from '../account/totp.ts'
import { ADMIN_COOKIE } from '../decide/cookies.ts'
import { clearCookie } from '../http/clear-cookie.ts'
import { ask } from '../store/ask.ts'
import { accountKey } from '../decide/account-name.ts'
import { enter, goOn, meView, showMe, stepView } from './begin-session.ts'
import { type AdminCall, type AdminEndpoint, adminOf, endpoint, refused, type Said, said } from './endpoint.ts'

const password = z
  .string()
  .min(1)
  .max(1024)
  .describe('At least 15 characters, or 8 beside a second factor; chosen and typed by whom it belongs to.')
const name = z.string().min(1).max(128)
const code = z.string().min(1).max(64)
export const totpOffer = z.object({
  key: z.string().describe('The seed, base32, for typing into an authenticator app.'),
  uri: z.string().describe('The same as `otpauth://`, for a QR code.'),
  enrolment: z.string().describe('Goes back with the first code.'),
})

/** What leads to a session: every one of them ends at a second factor. */
export const SIGN_IN: readonly AdminEndpoint[] = [
  endpoint({
    id: 'setup',
    method: 'POST',
    path: '/setup',
    callers: 'anyone',
    about: 'Makes the first owner, with the one-time code that the gateway printed at its start. Goes on with `/login/totp`.',
    body: z.strictObject({ code, account: name, password }),
    answer: stepView,
    run: setUp,
  }),
  endpoint({
    id: 'acceptInvitation',
    method: 'POST',
    path: '/invitation',
    callers: 'anyone',
    about: 'An administrator who was invited chooses a password. Goes on with `/login/totp`.',
    body: z.strictObject({ code, account: name, password }),
    answer: stepView,
    run: acceptInvitation,
  }),
  endpoint({
    id: 'login',
    method: 'POST',
    path: '/login',
    callers: 'anyone',
    about: 'Begins a sign-in. A password alone opens nothing: the answer names the step that comes next.',
    body: z.strictObject({ account: name, password: z.string().max(1024) }),
    answer: stepView,
    run: begin,
  }),
  endpoint({
    id: 'loginFactor',
    method: 'POST',
    path: '/login/factor',
    callers: 'begun',
    about: 'Ends a sign-in, with a code of an authenticator app or a recovery code: the session’s cookie.',
    body: z.strictObject({ code }),
    answer: meView,
    run: async (call) => {
      if (call.progress === null) return refused('login_outdated')
      return await enter(call, await call.parts.admins.login.code(call.progress, call.body.code, call.cause), {})
    },
  }),
  endpoint({
    id: 'loginTotp',
    method: 'POST',
    path: '/login/totp',
    callers: 'begun',
    about: 'For a sign-in that is at `enrol`: the seed of a new authenticator app.',
    answer: totpOffer,
    run: offer,
  }),
  endpoint({
    id: 'loginTotpConfirm',
    method: 'POST',
    path: '/login/totp/confirm',
    callers: 'begun',
    about: 'Ends such a sign-in with the app’s first code: the session’s cookie, and recovery codes that are shown this once.',
    body: z.strictObject({ enrolment: z.string().max(4096), code, name: z.string().max(60).default('') }),
    answer: meView.extend({ recoveryCodes: z.array(z.string()) }),
    run: confirm,
  }),
  endpoint({
    id: 'logout',
    method: 'POST',
    path: '/logout',
    callers: 'viewer',
    about: 'Ends one’s own session.',
    answer: null,
    run: async (call) => {
      const { session } = adminOf(call)
      await ask(() => call.parts.admins.sessions.end(session, call.at, 'logout'))
      return said(null, [clearCookie(ADMIN_COOKIE)])
    },
  }),
  endpoint({
    id: 'stepUp',
    method: 'POST',
    path: '/step-up',
    callers: 'viewer',
    about: 'Shows the second factor once more: for five minutes, what is grave is open. The session goes on under a new cookie.',
    body: z.strictObject({ code }),
    answer: meView,
    run: stepUp,
  }),
]

type SetUp = AdminCall<unknown, { readonly code: string; readonly account: string; readonly password: string }>

async function setUp(call: SetUp): Promise<Said<z.output<typeof stepView>>> {
  const { admins } = call.parts
  if (!admins.setup.take(call.body.code, call.at)) return refused('admin_code_over', OVER)
  let made = false
  try {
    if ((await ask(() => admins.stores.accounts.page('', '', 1))).length > 0) return refused('admin_code_over', OVER)
    const added = await admins.accounts.add({ name: call.body.account, password: call.body.password, roles: ['owner'] }, call.cause)
    if (added.kind === 'throttled') return { kind: 'refused', code: 'too_many_attempts', retryAfterMs: added.retryAfterMs }
    if (added.kind === 'refused') return refused(added.code === 'name_refused' ? 'admin_request_refused' : 'password_refused', added.why)
    made = true
  } finally {
    if (!made) admins.setup.giveBack()
  }
  return await begin(call)
}

async function acceptInvitation(call: SetUp): Promise<Said<z.output<typeof stepView>>> {
  const { admins } = call.parts
  const invitedNow = async (): Promise<string | null> => {
    const found = await ask(() => admins.stores.accounts.findByKey(accountKey(call.body.account)))
    return found !== null && admins.invitations.holds(found, call.body.code, call.at) ? found.name : null
  }
  // Whoever has no code does not keep those waiting who have one.
  if ((await invitedNow()) === null) return refused('admin_code_over', INVITED)
  const set = await admins.alone(async () => {
    const name = await invitedNow()
    return name === null ? null : await admins.accounts.setPassword(name, call.body.password, call.cause)
  })
  if (set === null) return refused('admin_code_over', INVITED)
  if (set.kind === 'throttled') return { kind: 'refused', code: 'too_many_attempts', retryAfterMs: set.retryAfterMs }
  if (set.kind === 'refused') return refused('password_refused', set.why)
  return await begin(call)
}

async function begin(
  call: AdminCall<unknown, { readonly account: string; readonly password: string }>,
): Promise<Said<z.output<typeof stepView>>> {
  const { account, password } = call.body
  const attempt = { name: account, password, address: call.address, device: null, next: '' }
  return await goOn(call, await call.parts.admins.authenticate(attempt, call.cause))
}

async function offer({ progress, parts, at }: AdminCall): Promise<Said<z.output<typeof totpOffer>>> {
  const account = progress?.state.step === 'enrol' ? await parts.admins.login.resume(progress) : null
  if (account === null) return refused('login_outdated')
  return said(await offerTotp(parts, account, at))
}

/** A new seed for an administrator, sealed for its first code. */
export async function offerTotp(
  { random, admins }: AdminCall['parts'],
  account: { readonly id: string; readonly name: string },
  at: number,
): Promise<z.output<typeof totpOffer>> {
  const key = await newSeed(random)
  return { key, uri: await seedUri(key, 'Cloakroom admin', account.name), enrolment: admins.enrolments.seal(account.id, key, at) }
}

async function confirm(
  call: AdminCall<unknown, { readonly enrolment: string; readonly code: string; readonly name: string }>,
): Promise<Said<z.output<typeof meView> & { recoveryCodes: string[] }>> {
  const { progress, at, body, cause } = call
  const { login, enrolments, factors } = call.parts.admins
  const account = progress?.state.step === 'enrol' ? await login.resume(progress) : null
  if (account === null || progress === null) return refused('login_outdated')
  const seed = enrolments.open(body.enrolment, account.id, at)
  if (seed === null) return refused('login_outdated')
  const added = await factors.addTotp(account, seed, body.code, body.name, cause)
  if (added !== 'added') return refused(added)
  const recoveryCodes = [...(await factors.makeRecoveryCodes(account, cause))]
  return await enter(call, await login.prove(progress, account, { kind: 'enrolled-totp', holds: true }, cause), { recoveryCodes })
}

async function stepUp(call: AdminCall<unknown, { readonly code: string }>): Promise<Said<z.output<typeof meView>>> {
  const { session, role } = adminOf(call)
  const { admins } = call.parts
  const outcome = await admins.stepUp(session, { kind: 'code', code: call.body.code }, call.cause)
  switch (outcome.kind) {
    case 'closed':
      return refused('session_required')
    case 'refused':
      return refused(outcome.code)
    case 'throttled':
      return { kind: 'refused', code: 'too_many_attempts', retryAfterMs: outcome.retryAfterMs }
    case 'proven': {
      const rotated = await ask(() => admins.sessions.rotate(session, call.at, outcome.factors))
      if (rotated === null) return refused('session_required')
      return said(showMe(call, rotated.session, role), [rotated.setCookie])
    }
  }
}

const OVER =
  'A code makes the first owner, once and within an hour. Start the gateway again for another one, or run: cloakroom admin add NAME --role owner'
const INVITED = 'An invitation is good for a day and for one password. An owner can make another one.'
