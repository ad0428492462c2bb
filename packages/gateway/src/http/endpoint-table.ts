import { mintAction } from './action-api.ts'
import { JWKS, KEY_DIRECTORY } from '../decide/well-known.ts'
import { logo, pageScript, styles } from './assets-api.ts'
import { OIDC_ENDPOINTS } from './oidc-endpoints.ts'
import type { Endpoint } from './endpoint.ts'
import { exportOwnData } from './export-api.ts'
import { showJwks, showKeyDirectory } from './keys-api.ts'
import { chooseLanguage } from './language-api.ts'
import { showLogin, submitLogin } from './login-api.ts'
import { CHALLENGE_ENDPOINTS } from './challenge-api.ts'
import { submitLogout } from './logout-api.ts'
import { showPassword, submitPassword } from './password-api.ts'
import { RECOVERY_ENDPOINTS } from './recovery-endpoints.ts'
import { showSession } from './session-api.ts'
import { endSessions, showSessions } from './sessions-api.ts'
import { STEPS } from './step-endpoints.ts'
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
  ...STEPS,
  ...RECOVERY_ENDPOINTS,
  {
    method: 'POST',
    path: '/logout',
    callers: 'own-pages',
    answer: submitLogout,
    about:
      'Signs out, on the server first: 204, or 303 to `next` or the sign-in page for a form. A session that a provider gave: 200 with `{ location }`, where the browser signs out there, too; for a form a page that leads there. Deletes the cookies and what the website kept in the browser.',
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
    method: 'GET',
    path: '/sessions',
    callers: 'anyone',
    answer: showSessions,
    about:
      'Where the account is signed in: `{ sessions: [{ label, current, browser, system, address, methods, startedAt, seenAt, expiresAt }] }`, the newest first; a page for a person.',
  },
  {
    method: 'POST',
    path: '/sessions/end',
    callers: 'own-pages',
    answer: endSessions,
    about:
      'Ends sessions of one’s own. JSON `{ label }`, or `{ which: "others" }`, or `{ which: "all" }`: 204; 401 `step_up_required` when the last proof is older than five minutes; 404 for a label that is none of one’s own.',
  },
  {
    method: 'POST',
    path: '/export',
    callers: 'own-pages',
    answer: exportOwnData,
    about:
      'Everything that is kept about whoever is signed in, as a JSON file: `{ account, sessions, authenticators, providers, events, eventsCut }`; 401 `step_up_required` when the last proof is older than five minutes, 429 `too_many_attempts` after ten in an hour.',
  },
  {
    method: 'POST',
    path: '/language',
    callers: 'own-pages',
    answer: chooseLanguage,
    about:
      'The language of the pages in this browser, and of letters to whoever is signed in. JSON `{ language: "de" }`: 204 and the cookie that keeps it; a form: 303 to `next`. 404 for a language that there is none of.',
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
  ...OIDC_ENDPOINTS,
  { method: 'GET', path: '/style.css', callers: 'anyone', answer: styles, about: 'The pages’ style sheet.' },
  { method: 'GET', path: '/page.js', callers: 'anyone', answer: pageScript, about: 'The pages’ script; they work without it.' },
  ...CHALLENGE_ENDPOINTS,
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
  {
    method: 'GET',
    path: JWKS,
    whole: true,
    callers: 'anyone',
    answer: showJwks,
    about: 'The public keys of the JWTs that APIs get, a JWK Set; only while some API has `assertion`.',
  },
]
