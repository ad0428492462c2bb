import type { Endpoint } from './endpoint.ts'
import { removeFactor, renewRecoveryCodes, showFactors } from './factors-api.ts'
import { cancelLogin, submitFactor, submitNewPassword } from './login-steps-api.ts'
import { passkeyOptions, submitPasskey, submitPasskeyLogin } from './passkey-api.ts'
import { showStepUp, submitStepUp } from './step-up-api.ts'
import { showTotp, submitTotp } from './totp-api.ts'

/** The rows of endpoints.ts for what comes after the password: further steps of signing in, second factors, confirming. */
export const STEPS: readonly Endpoint[] = [
  {
    method: 'POST',
    path: '/login/factor',
    callers: 'own-pages',
    answer: submitFactor,
    about:
      'The second step of signing in. JSON `{ code }`, of an authenticator app or a recovery code, or `{ passkey }`: 200 as for `/login`, 401 `code_wrong` or `login_outdated`, 429 `too_many_attempts`.',
  },
  {
    method: 'POST',
    path: '/login/passkey',
    callers: 'own-pages',
    answer: submitPasskeyLogin,
    about: 'Signs in by a passkey alone. JSON `{ passkey }`, the credential as JSON in a text: 200 as for `/login`, 401 `passkey_refused`.',
  },
  {
    method: 'POST',
    path: '/passkey/options',
    callers: 'own-pages',
    answer: passkeyOptions,
    about:
      'Begins a passkey ceremony. JSON `{ for }`, one of `sign-in`, `second-factor`, `step-up`, `register`: 200 with the options for `navigator.credentials`, and a cookie with the challenge.',
  },
  {
    method: 'POST',
    path: '/factors/passkey',
    callers: 'own-pages',
    answer: submitPasskey,
    about: 'Adds a passkey. JSON `{ passkey, name }`: as `/factors/totp`; 401 `passkey_refused`.',
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
      'Confirms who one is. JSON `{ password }`, or `{ code }` or `{ passkey }` where the account has a second factor: 200 with the session’s view and its new cookie, 403 `password_wrong`, 429 `too_many_attempts`. The page’s form: 303 to `next`.',
  },
]
