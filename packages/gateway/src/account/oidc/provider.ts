import type { Instant } from '../../decide/head.ts'
import type { LogoutVerdict } from '../../decide/logout-token.ts'
import type { Provider } from '../../decide/provider.ts'
import { asUnavailable, createClientSource, type ClientParts } from './client.ts'
import { createLogoutTokens } from './logout-tokens.ts'
import { redeemCode, type Asked, type Redeemed } from './redeem.ts'
import { type Pause, type Revocation, revokeToken } from './revoke.ts'
import { renewTokens, type Renewal, type Target } from './renew.ts'

/** What one sign-in asks for. */
export interface Question extends Asked {
  /** APIs that an access token will be for (RFC 8707). */
  readonly resources: readonly string[]
  /** Further scopes that those APIs need. */
  readonly scopes: readonly string[]
}

/**
 * One OpenID Provider. All that it answers is checked here, and what does not hold is an outcome, never a session. Throws GateError
 * `provider_unavailable` when it does not answer, `credential_unavailable` when the client's secret cannot be used.
 */
export interface OidcProvider {
  readonly settings: Provider
  /** Where to send the browser. */
  begin(question: Question): Promise<string>
  /** `answer`: the query with which the browser came back. */
  redeem(answer: string, asked: Asked, target: Target, at: Instant): Promise<Redeemed>
  renew(refreshToken: string, subject: string, target: Target, at: Instant): Promise<Renewal>
  /** RFC 7009; see revoke.ts. Throws GateError `provider_unavailable`: then the token has to be taken for good. */
  revoke(refreshToken: string, pause: Pause): Promise<Revocation>
  /** Where to send a browser that signs out there, too; null when the provider has no such page. */
  endSession(back: { readonly idToken: string | null; readonly to: string; readonly state: string }): Promise<string | null>
  readLogoutToken(text: string, at: Instant): Promise<LogoutVerdict>
  close(): void
}

export function createOidcProvider(settings: Provider, parts: ClientParts): OidcProvider {
  const source = createClientSource(settings, parts)
  const logoutTokens = createLogoutTokens(settings, source)

  /** Whatever the library or the wire throws is one failure for us. */
  async function talk<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (cause) {
      throw asUnavailable(settings, cause)
    }
  }

  return {
    settings,
    begin: (question) =>
      talk(async () => {
        const { library, configuration, metadata } = await source.client()
        const parameters = await parametersOf(settings, question, library.calculatePKCECodeChallenge)
        // RFC 9126: what is pushed beforehand nobody on the way through the browser can change.
        const pushes = metadata.pushed_authorization_request_endpoint !== undefined
        const address = pushes
          ? await library.buildAuthorizationUrlWithPAR(configuration, parameters)
          : library.buildAuthorizationUrl(configuration, parameters)
        return address.href
      }),
    redeem: async (answer, asked, target, at) =>
      await redeemCode(await talk(() => source.client()), settings, { answer, asked, target }, at),
    renew: async (refreshToken, subject, target, at) =>
      await renewTokens(await talk(() => source.client()), settings, { refreshToken, subject, target }, at),
    revoke: (refreshToken, pause) => talk(async () => await revokeToken(await source.client(), refreshToken, pause)),
    endSession: ({ idToken, to, state }) =>
      talk(async () => {
        const { library, configuration, metadata } = await source.client()
        if (metadata.end_session_endpoint === undefined) return null
        const hint = idToken === null ? {} : { id_token_hint: idToken }
        return library.buildEndSessionUrl(configuration, { ...hint, post_logout_redirect_uri: to, state }).href
      }),
    readLogoutToken: (text, at) => logoutTokens.read(text, at),
    close: () => source.close(),
  }
}

async function parametersOf(
  settings: Provider,
  { redirectUri, state, nonce, verifier, resources, scopes }: Question,
  challengeOf: (verifier: string) => Promise<string>,
): Promise<URLSearchParams> {
  const parameters = new URLSearchParams({
    ...settings.parameters,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: [...new Set(['openid', ...settings.scopes, ...scopes])].join(' '),
    state,
    nonce,
    code_challenge: await challengeOf(verifier),
    code_challenge_method: 'S256',
  })
  for (const resource of resources) parameters.append('resource', resource)
  if (settings.acr.length > 0) parameters.set('acr_values', settings.acr.join(' '))
  if (settings.maxAgeMs !== null) parameters.set('max_age', String(Math.floor(settings.maxAgeMs / 1000)))
  return parameters
}
