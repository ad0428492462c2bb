import type { Instant } from '../../decide/head.ts'
import { judgeIdToken } from '../../decide/id-token.ts'
import type { Provider } from '../../decide/provider.ts'
import { asUnavailable, type OidcClient } from './client.ts'
import { accessTokenHash, tokensOf, type Tokens } from './redeem.ts'
import { whyRefused } from './why-refused.ts'

/** What an access token is for. */
export interface Target {
  /** RFC 8707; null: whatever the provider gives by itself. */
  readonly resource: string | null
  /** Null: those of the sign-in. */
  readonly scopes: readonly string[] | null
}

export type Renewal =
  | { readonly kind: 'renewed'; readonly tokens: Tokens }
  /** The provider gives nothing more for this sign-in, or gave what belongs to somebody else. */
  | { readonly kind: 'ended'; readonly why: string }

export interface Spent {
  readonly refreshToken: string
  readonly subject: string
  readonly target: Target
}

/** New tokens for a refresh token. Throws GateError `provider_unavailable`: then nobody knows, and the old ones stay. */
export async function renewTokens(client: OidcClient, settings: Provider, spent: Spent, at: Instant): Promise<Renewal> {
  const { library, configuration } = client
  const { resource, scopes } = spent.target
  const parameters = {
    ...(resource === null ? {} : { resource }),
    ...(scopes === null ? {} : { scope: scopes.join(' ') }),
  }
  try {
    const given = await library.refreshTokenGrant(configuration, spent.refreshToken, parameters)
    const claims = given.claims()
    if (claims !== undefined) {
      const demands = {
        issuer: settings.issuer,
        clientId: settings.clientId,
        nonce: null,
        // OpenID Connect Core §12.2: another subject is another person, and would act under this one's session.
        subject: spent.subject,
        accessTokenHash: accessTokenHash(settings.algorithm, given.access_token),
        maxAgeMs: null,
        acr: [],
      }
      const verdict = judgeIdToken(claims, demands, at)
      if (verdict.kind === 'refused') return { kind: 'ended', why: verdict.why }
    }
    return { kind: 'renewed', tokens: tokensOf(given, at) }
  } catch (cause) {
    const why = whyRefused(cause)
    if (why === null) throw asUnavailable(settings, cause)
    return { kind: 'ended', why }
  }
}
