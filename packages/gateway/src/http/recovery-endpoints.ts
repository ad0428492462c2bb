import type { Endpoint } from './endpoint.ts'
import { showForgot, showReset, submitForgot, submitReset } from './recovery-api.ts'

/** The rows of endpoint-table.ts for a forgotten password; 404 without `mail` in the configuration. */
export const RECOVERY_ENDPOINTS: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/forgot',
    callers: 'anyone',
    answer: showForgot,
    about: 'The page on which one asks for a link to a new password; 404 where `mail` is not configured.',
  },
  {
    method: 'POST',
    path: '/forgot',
    callers: 'own-pages',
    answer: submitForgot,
    about:
      'Asks for such a link by mail. JSON `{ account }`, a name or a mail address: 202, the same for every name, or 429 `too_many_attempts`; the letter goes to the address that the owner has stored.',
  },
  {
    method: 'GET',
    path: '/reset',
    callers: 'anyone',
    answer: showReset,
    about:
      'What the link opens. With `token`: 303 to the page without it, and a cookie; nothing is used up. The page: 410 `link_outdated` when the link does not count.',
  },
  {
    method: 'POST',
    path: '/reset',
    callers: 'own-pages',
    answer: submitReset,
    about:
      'Uses the link up. JSON `{ token }`, or the cookie: 200 with `{ active: false, next, methods }` and the cookie of a login in progress, which goes on at `/login/factor` where the account has a second factor, then at `/login/password`, and ends with `next: "sign-in"`; 410 `link_outdated`.',
  },
]
