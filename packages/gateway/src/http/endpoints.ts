import { createHash } from 'node:crypto'
import { auditEvent, browser, causedBy } from '../audit/event.ts'
import type { Answer } from '../answer.ts'
import { refuseSender, senderOf } from '../decide/origin.ts'
import type { RequestHead } from '../decide/head.ts'
import type { Policy } from '../decide/policy.ts'
import { GateError } from '../errors.ts'
import type { EndpointsPart } from '../parts.ts'
import { isBelow } from '../decide/route.ts'
import { KEY_DIRECTORY } from '../decide/well-known.ts'
import { removeFactor, renewRecoveryCodes, showFactors } from './factors-api.ts'
import { cancelLogin, submitFactor, submitNewPassword } from './login-steps-api.ts'
import { logo, pageScript, styles } from './assets-api.ts'
import { challengeScript, clearChallenge } from './challenge-api.ts'
import type { Call, Endpoint, EndpointParts } from './endpoint.ts'
import type { PageContext } from './pages/frame.ts'
import { CHALLENGE_SCRIPT } from './pages/challenge-script.ts'
import { PAGE_SCRIPT } from './pages/script.ts'
import { styleSheet } from './pages/style.ts'
import { refusalPage } from './refusal-page.ts'
import { refuse, wantsPage } from './say.ts'
import { pickTexts } from './texts/pick.ts'
import { ENDPOINTS } from './endpoint-table.ts'
import { showTotp, submitTotp } from './totp-api.ts'
import { beginVisit } from './visit-api.ts'

/** All of the gateway's own endpoints. What is not in here is not there. */
export const ENDPOINTS: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/login',
    callers: 'anyone',
    answer: showLogin,
    about: 'The sign-in page; signed in, a page that says so and signs out. `next` is a path of this website to go on to.',
  },
  {
    method: 'POST',
    path: '/login',
    callers: 'own-pages',
    answer: submitLogin,
    about:
      'Signs in. JSON `{ account, password }`: 200 with the session’s view and the session cookie, or with `{ active: false, next, methods }` and the cookie of a login in progress when more is needed; 401 `login_failed`, 409 `session_limit`, 429 `too_many_attempts`. The page’s form: 303 to `next`.',
  },
  {
    method: 'POST',
    path: '/login/factor',
    callers: 'own-pages',
    answer: submitFactor,
    about:
      'The second step of signing in. JSON `{ code }`, of an authenticator app or a recovery code: 200 as for `/login`, 401 `code_wrong` or `login_outdated`, 429 `too_many_attempts`.',
  },
  {
    method: 'POST',
    path: '/login/password',
    callers: 'own-pages',
    answer: submitNewPassword,
    about:
      'The last step of signing in, where the owner demanded a new password. JSON `{ newPassword }`: 200 as for `/login`, 422 `password_refused`.',
  },
  {
    method: 'POST',
    path: '/login/cancel',
    callers: 'own-pages',
    answer: cancelLogin,
    about: 'Forgets a login in progress: 204, or 303 to the sign-in page for a form.',
  },
  {
    method: 'GET',
    path: '/factors',
    callers: 'own-pages',
    answer: showFactors,
    about:
      'What one shows beside the password: a page, or `{ factors: [{ id, kind, name, createdAt, lastUsedAt }], recoveryCodesLeft }`. Needs a fresh proof.',
  },
  {
    method: 'GET',
    path: '/factors/totp',
    callers: 'anyone',
    answer: showTotp,
    about: 'The page that adds an authenticator app. Needs a fresh proof, or a login that is at this step.',
  },
  {
    method: 'POST',
    path: '/factors/totp',
    callers: 'own-pages',
    answer: submitTotp,
    about:
      'Adds an authenticator app. JSON `{}`: 200 with `{ key, uri, enrolment }`; then `{ enrolment, code, name }`: 200 with a new session’s cookie and, for the first factor, `recoveryCodes`; 401 `code_wrong`. All other sessions of the account end.',
  },
  {
    method: 'POST',
    path: '/factors/remove',
    callers: 'own-pages',
    answer: removeFactor,
    about: 'Removes a second factor. JSON `{ id }`: 200, 409 `last_factor` where one is demanded. All other sessions of the account end.',
  },
  {
    method: 'POST',
    path: '/factors/recovery-codes',
    callers: 'own-pages',
    answer: renewRecoveryCodes,
    about: 'New recovery codes, shown once: 200 with `{ recoveryCodes }`. Earlier ones open nothing any more.',
  },
  {
    method: 'POST',
    path: '/logout',
    callers: 'own-pages',
    answer: submitLogout,
    about:
      'Signs out, on the server first: 204, or 303 to the sign-in page for a form. Deletes the cookies and what the website kept in the browser.',
  },
  {
    method: 'GET',
    path: '/session',
    callers: 'own-pages',
    answer: showSession,
    about:
      'Who is signed in: `{ active: false }`, or `{ active: true, account, roles, expiresAt, idleExpiresAt }`. With `?passive=1` the question does not keep the session alive.',
  },
  {
    method: 'GET',
    path: '/step-up',
    callers: 'anyone',
    answer: showStepUp,
    about: 'The page on which one confirms that it is oneself, for `access: { fresh: … }`; then on to `next`.',
  },
  {
    method: 'POST',
    path: '/step-up',
    callers: 'own-pages',
    answer: submitStepUp,
    about:
      'Confirms who one is. JSON `{ password }`, or `{ code }` where the account has a second factor: 200 with the session’s view and its new cookie, 403 `password_wrong`, 429 `too_many_attempts`. The page’s form: 303 to `next`.',
  },
  {
    method: 'GET',
    path: '/password',
    callers: 'anyone',
    answer: showPassword,
    about: 'The page on which one changes one’s password; for a stranger the sign-in page.',
  },
  {
    method: 'POST',
    path: '/password',
    callers: 'own-pages',
    answer: submitPassword,
    about:
      'Changes one’s password. JSON `{ currentPassword, newPassword }`: 200 with the view of a new session, 403 `password_wrong`, 422 `password_refused`. All other sessions of the account end.',
  },
  {
    method: 'POST',
    path: '/visit',
    callers: 'own-pages',
    answer: beginVisit,
    about: 'Begins an anonymous visit for APIs with `access: visitor`, where the website is served elsewhere: 204 and the visit cookie.',
  },
  {
    method: 'POST',
    path: '/action',
    callers: 'own-pages',
    answer: mintAction,
    about:
      'A token for one action, for lines of `allow` that `actionTokens` names. JSON `{ call: "POST /api/shop/orders", bodyHash? }`, the hash being the SHA-256 of the body to come, base64url, for one-time tokens: 200 with `{ use, field, actionToken, expiresAt }`; the call then carries the token in that field.',
  },
  {
    method: 'POST',
    path: '/oidc/start',
    callers: 'own-pages',
    answer: startSignIn,
    about:
      'Begins a sign-in at a provider of `oidc`. JSON `{ provider, next }`: 200 with `{ location }`, where the browser is to go; the page’s form: a page that leads there. With `link: "yes"`, and signed in: the provider’s identity is to belong to this account.',
  },
  {
    method: 'GET',
    path: '/oidc/callback/*',
    callers: 'anyone',
    answer: finishSignIn,
    about: 'Where a provider sends the browser back; the last segment is its name. Register `PUBLIC_URL/auth/oidc/callback/NAME` there.',
  },
  {
    method: 'GET',
    path: '/oidc/signed-in',
    callers: 'anyone',
    answer: showSignedIn,
    about: 'A page of this origin that leads on to `next`, so that the browser sends its new session along.',
  },
  {
    method: 'GET',
    path: '/identities',
    callers: 'anyone',
    answer: showIdentities,
    about: 'The page on which one links providers with one’s account and parts them; for scripts `{ identities }`.',
  },
  {
    method: 'POST',
    path: '/identities/part',
    callers: 'own-pages',
    answer: partIdentity,
    about: 'That `provider` opens this account no more: 204, or 409 `last_way_in` when nothing else does.',
  },
  {
    method: 'POST',
    path: '/challenge',
    callers: 'own-pages',
    answer: clearChallenge,
    about:
      'Hands in the solution of a `challenge_required`: JSON `{ solution }`: 204 and the pass cookie, 403 `challenge_failed`. The page’s form: 303 to `next`. See docs/guard-actions.md.',
  },
  {
    method: 'GET',
    path: '/challenge.js',
    callers: 'anyone',
    answer: challengeScript,
    about: 'The script of the page that challenges a browser.',
  },
  { method: 'GET', path: '/style.css', callers: 'anyone', answer: styles, about: 'The pages’ style sheet.' },
  { method: 'GET', path: '/page.js', callers: 'anyone', answer: pageScript, about: 'The pages’ script; they work without it.' },
  { method: 'GET', path: '/logo', callers: 'anyone', answer: logo, about: 'The picture of `theme.logo`; 404 when there is none.' },
  {
    method: 'GET',
    path: KEY_DIRECTORY,
    whole: true,
    callers: 'anyone',
    answer: showKeyDirectory,
    about:
      'The public keys of those that sign requests to APIs, a JWK Set; only while some API has `sign`. Never a shared secret, never a private half.',
  },
]

/** The gateway's own endpoints as a part of the spine. Rejects for scripts; a person gets a page whatever goes wrong. */
export function createEndpoints(parts: EndpointParts): EndpointsPart {
  const { theme } = parts
  const version = createHash('sha256')
    .update(styleSheet(theme))
    .update(PAGE_SCRIPT)
    .update(CHALLENGE_SCRIPT)
    .update(theme.logo?.bytes ?? '')
    .digest('hex')
    .slice(0, 12)
  const pageOf = ({ basePath }: Policy, { headers }: RequestHead): PageContext => ({
    theme,
    basePath,
    version,
    texts: pickTexts(headers.get('accept-language')),
  })
  return {
    async answer(head, body, policy) {
      const call: Call = { head, body, policy, parts, page: pageOf(policy, head) }
      try {
        return await dispatch(call)
      } catch (cause) {
        // The spine notes the failure and answers with a problem; a person is to see a page instead.
        if (!wantsPage(head)) throw cause
        parts.observer.failure(head, cause)
        return cause instanceof GateError
          ? await refuse(call, cause.code, { retryAfterMs: cause.retryAfterMs })
          : await refuse(call, 'internal')
      }
    },
    toPage: (refusal, head, policy) => refusalPage(refusal, head, pageOf(policy, head), policy),
    idOf: endpointIdOf,
  }
}

/** `login`, for the guard's `route.id`; null where there is no endpoint. */
export function endpointIdOf({ path }: RequestHead, { basePath }: Policy): string | null {
  const below = path.slice(basePath.length)
  return ENDPOINTS.some((endpoint) => endpoint.path === below) ? below.slice(1) : null
}

async function dispatch(call: Call): Promise<Answer> {
  const { head, policy } = call
  const below = isBelow(head.path, policy.basePath) ? head.path.slice(policy.basePath.length) : null
  const here = ENDPOINTS.filter(({ path, whole }) => (whole === true ? path === head.path : below !== null && fits(path, below)))
  if (here.length === 0) return await refuse(call, 'not_found')
  const method = head.method === 'HEAD' ? 'GET' : head.method
  const endpoint = here.find((row) => row.method === method)
  if (endpoint === undefined) return await refuse(call, 'method_not_allowed', { allow: allowed(here) })
  return (endpoint.callers === 'own-pages' ? await refuseCaller(call) : null) ?? (await endpoint.answer(call))
}

/** An `allowed` origin may call the APIs; signing in, out and everything else about the session is for our own pages (CSRF-10, SES-14). */
async function refuseCaller(call: Call): Promise<Answer | null> {
  const { head, policy, parts } = call
  const sender = senderOf(head, policy)
  const code = refuseSender(head, sender === 'allowed' ? 'foreign' : sender)
  if (code === null) return null
  const target = `${head.method} ${head.path}`
  parts.audit.note(
    auditEvent({ ...causedBy(head), kind: 'request.refused', actor: browser(null, null), target, result: 'refused', reason: code }),
  )
  return await refuse(call, code)
}

/** `/callback/*` takes `/callback/acme`. */
function fits(pattern: string, path: string): boolean {
  if (!pattern.endsWith('/*')) return pattern === path
  const stem = pattern.slice(0, -1)
  return path.startsWith(stem) && /^[a-z0-9-]+$/.test(path.slice(stem.length))
}

function allowed(rows: readonly Endpoint[]): readonly string[] {
  return rows.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
}
