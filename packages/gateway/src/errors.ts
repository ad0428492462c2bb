import type { RefusalCode } from './decide/facts.ts'

interface Failure {
  readonly status: number
  /** What a visitor reads. Says nothing of upstreams, files or versions. */
  readonly title: string
}

/** Every failure that a visitor can meet: code → status and public title. docs/reference/errors.md has a paragraph for each. */
export const FAILURES = {
  bad_request: { status: 400, title: 'The request cannot be read.' },
  bad_path: { status: 400, title: 'The path can be read in more than one way.' },
  duplicate_cookie: { status: 400, title: 'A session cookie was sent twice.' },
  body_unreadable: { status: 400, title: 'The body is not what its content type says.' },
  logout_token_refused: { status: 400, title: 'This logout token does not count.' },
  sign_in_unknown: { status: 400, title: 'This sign-in was begun elsewhere, or too long ago. Begin again.' },
  session_required: { status: 401, title: 'Sign in first.' },
  session_replaced: { status: 401, title: 'This browser has a newer session. Try again.' },
  step_up_required: { status: 401, title: 'Confirm first that it is you.' },
  jwt_required: { status: 401, title: 'This needs a JWT of an issuer that is trusted here.' },
  jwt_refused: { status: 401, title: 'This JWT does not count here.' },
  visit_required: { status: 401, title: 'Open the website first.' },
  machine_key_refused: { status: 401, title: 'This key is not good, or not any more.' },
  login_failed: { status: 401, title: 'The name or the password is not right.' },
  code_wrong: { status: 401, title: 'This code is not right, or was used already.' },
  passkey_refused: { status: 401, title: 'This passkey does not open this account.' },
  login_outdated: { status: 401, title: 'This sign-in took too long or was overtaken. Begin again.' },
  cross_site: { status: 403, title: 'This call does not come from this website.' },
  csrf_header_missing: { status: 403, title: 'This call lacks the field X-CSRF: 1.' },
  challenge_required: { status: 403, title: 'Prove first that a browser is asking.' },
  challenge_failed: { status: 403, title: 'This does not prove that a browser is asking. Try again.' },
  destination_refused: { status: 403, title: 'This address answers scripts of this website only.' },
  plain_http: { status: 403, title: 'Use HTTPS.' },
  action_token_missing: { status: 403, title: 'This call needs a token for this action.' },
  action_token_refused: { status: 403, title: 'The token for this action is not good, or not any more.' },
  action_token_spent: { status: 403, title: 'The token for this action has been used.' },
  machine_key_in_browser: { status: 403, title: 'Keys of programs do not work in a browser.' },
  machine_key_scope: { status: 403, title: 'This key was not made for this call.' },
  blocked: { status: 403, title: 'This request was refused.' },
  sign_in_refused: { status: 403, title: 'This sign-in does not open anything here.' },
  second_factor_required: { status: 403, title: 'This needs your second factor.' },
  jwt_scope: { status: 403, title: 'This JWT does not reach so far.' },
  role_required: { status: 403, title: 'Your account may not do this.' },
  provider_sign_in_required: { status: 403, title: 'Sign in at the provider that this service takes.' },
  sign_in_again: { status: 403, title: 'Sign in again first.' },
  banned: { status: 403, title: 'You are shut out for a while.' },
  password_wrong: { status: 403, title: 'The current password is not right.' },
  not_found: { status: 404, title: 'There is nothing here.' },
  method_not_allowed: { status: 405, title: 'This method is not allowed here.' },
  method_refused: { status: 405, title: 'This method is never allowed.' },
  request_timeout: { status: 408, title: 'The request took too long to arrive.' },
  identity_taken: { status: 409, title: 'This sign-in belongs to another account.' },
  last_way_in: { status: 409, title: 'Nothing else opens this account.' },
  session_limit: { status: 409, title: 'This account is signed in on too many devices.' },
  admin_conflict: { status: 409, title: 'This does not fit what is there now.' },
  last_factor: { status: 409, title: 'The last second factor cannot be removed here. Add another one first.' },
  factor_limit: { status: 409, title: 'This account has as many second factors as it may.' },
  link_outdated: { status: 410, title: 'This link was used already, or is too old. Ask for another one.' },
  admin_code_over: { status: 410, title: 'This code is not right, was used or is over.' },
  body_too_large: { status: 413, title: 'The body is too large.' },
  target_too_long: { status: 414, title: 'The address is too long.' },
  media_type_refused: { status: 415, title: 'This content type is not taken here.' },
  expectation_failed: { status: 417, title: 'What this request expects cannot be met.' },
  misdirected: { status: 421, title: 'This gateway does not answer for that host.' },
  password_refused: { status: 422, title: 'This password cannot be used.' },
  reason_required: { status: 422, title: 'Say why.' },
  admin_request_refused: { status: 422, title: 'This cannot be read as what is expected here.' },
  too_many_attempts: { status: 429, title: 'Too many attempts. Wait, then try again.' },
  machine_key_rate: { status: 429, title: 'This key has made too many calls. Wait, then try again.' },
  throttled: { status: 429, title: 'Too many requests. Wait, then try again.' },
  visit_exhausted: { status: 429, title: 'This visit has used up its calls.' },
  upgrade_version: { status: 426, title: 'This version of WebSocket is not spoken here.' },
  headers_too_large: { status: 431, title: 'The header fields are too large.' },
  internal: { status: 500, title: 'Something went wrong here.' },
  transfer_coding_refused: { status: 501, title: 'This transfer coding is not taken here.' },
  upstream_unreachable: { status: 502, title: 'The service behind this website does not answer.' },
  upstream_invalid: { status: 502, title: 'The service behind this website gave an unusable answer.' },
  upstream_untrusted: { status: 502, title: 'The service behind this website could not be verified.' },
  upstream_redirect: { status: 502, title: 'The service behind this website pointed elsewhere.' },
  upstream_refused: { status: 502, title: 'The service behind this website is not where it should be.' },
  answer_withheld: { status: 502, title: 'The answer was withheld.' },
  answer_too_large: { status: 502, title: 'The answer is too large.' },
  locked_down: { status: 503, title: 'This service was closed by its owner.' },
  store_unavailable: { status: 503, title: 'This cannot be checked right now. Try again soon.' },
  credential_unavailable: { status: 503, title: 'This service is not available right now.' },
  provider_unavailable: { status: 503, title: 'The sign-in provider does not answer. Try again soon.' },
  busy: { status: 503, title: 'Too much is going on right now. Try again soon.' },
  stopping: { status: 503, title: 'This gateway is being restarted. Try again soon.' },
  upstream_paused: { status: 503, title: 'The service behind this website does not answer. Try again soon.' },
  upstream_timeout: { status: 504, title: 'The service behind this website took too long.' },
  version_refused: { status: 505, title: 'This version of HTTP is not spoken here.' },
  loop_detected: { status: 508, title: 'The request came back to where it had been.' },
} as const satisfies Record<string, Failure>

export type FailureCode = keyof typeof FAILURES

// Every code that a judgement may refuse with has a row in the table.
type Missing = Exclude<RefusalCode, FailureCode>
const complete: Missing extends never ? true : never = true
void complete

/** For our bug, a broken dependency, an unusable answer. The visitor sees the table's text; `detail` and `cause` go to the log. */
export class GateError extends Error {
  readonly code: FailureCode
  /** Milliseconds; becomes `Retry-After`. */
  readonly retryAfterMs: number | null

  constructor(code: FailureCode, detail: string, options: { readonly cause?: unknown; readonly retryAfterMs?: number } = {}) {
    super(`${code}: ${detail}`, { cause: options.cause })
    this.name = 'GateError'
    this.code = code
    this.retryAfterMs = options.retryAfterMs ?? null
  }
}
