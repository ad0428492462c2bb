import type { Endpoint } from './endpoint.ts'
import { backChannelLogout, frontChannelLogout, showSignedOut } from './oidc-logout-api.ts'
import { finishSignIn, showSignedIn, startSignIn } from './oidc-api.ts'
import { partIdentity, showIdentities } from './identities-api.ts'

/** Signing in and out at OpenID Providers. */
export const OIDC_ENDPOINTS: readonly Endpoint[] = [
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
    method: 'POST',
    path: '/oidc/backchannel-logout',
    callers: 'anyone',
    answer: backChannelLogout,
    about: 'Where a provider posts its `logout_token`: the sessions that it names end. 200, or 400 `logout_token_refused`.',
  },
  {
    method: 'GET',
    path: '/oidc/frontchannel-logout',
    callers: 'anyone',
    answer: frontChannelLogout,
    about: 'The same by a frame in the browser, with `iss` and `sid`, where `frontChannelLogout` of the provider is on.',
  },
  {
    method: 'GET',
    path: '/oidc/signed-out',
    callers: 'anyone',
    answer: showSignedOut,
    about: 'Where a provider’s own sign-out page sends the browser back. Register `PUBLIC_URL/auth/oidc/signed-out` there.',
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
]
