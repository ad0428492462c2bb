import { hash } from 'node:crypto'
import type { TokenEndpointResponse, TokenEndpointResponseHelpers } from 'openid-client'
import type { Instant } from '../../decide/head.ts'
import { judgeIdToken, type Person } from '../../decide/id-token.ts'
import type { Provider } from '../../decide/provider.ts'
import { asUnavailable, type OidcClient } from './client.ts'
import type { Target } from './renew.ts'
import { whyRefused } from './why-refused.ts'

/** One sign-in's secrets, as they were made when it began. */
export interface Asked {
  readonly redirectUri: string
  readonly state: string
  readonly nonce: string
  readonly verifier: string
}

/** What a provider gave for a code or a refresh token. */
export interface Tokens {
  readonly accessToken: string
  readonly type: 'bearer' | 'dpop'
  /** Null when the provider does not say. */
  readonly expiresAt: Instant | null
  readonly refreshToken: string | null
  readonly idToken: string | null
}

export type Redeemed =
  | { readonly kind: 'redeemed'; readonly person: Person; readonly tokens: Tokens }
  /** `why` is for the audit trail. `denied`: the provider itself said no, or the person did. */
  | { readonly kind: 'refused'; readonly why: string }

/** The query with which the browser came back, to what was asked, and what its access token is to be for. */
export interface Returned {
  readonly answer: string
  readonly asked: Asked
  readonly target: Target
}

/** The authorization code flow's second half. Throws GateError `provider_unavailable`; every other doubt is a refusal. */
export async function redeemCode(client: OidcClient, settings: Provider, returned: Returned, at: Instant): Promise<Redeemed> {
  const { answer, asked, target } = returned
  const query = readAnswer(answer)
  if (query === null) return { kind: 'refused', why: 'answer_malformed' }
  const { library, configuration } = client
  let given: TokenEndpointResponse & TokenEndpointResponseHelpers
  try {
    const checks = {
      expectedState: asked.state,
      expectedNonce: asked.nonce,
      pkceCodeVerifier: asked.verifier,
      idTokenExpected: true,
      ...(settings.maxAgeMs === null ? {} : { maxAge: Math.floor(settings.maxAgeMs / 1000) }),
    }
    const address = new URL(`${asked.redirectUri}?${query.toString()}`)
    const resource = target.resource === null ? {} : { resource: target.resource }
    given = await library.authorizationCodeGrant(configuration, address, checks, resource)
  } catch (cause) {
    const why = whyRefused(cause)
    if (why === null) throw asUnavailable(settings, cause)
    return { kind: 'refused', why }
  }
  const claims = given.claims()
  if (claims === undefined) return { kind: 'refused', why: 'id_token_missing' }
  const demands = {
    issuer: settings.issuer,
    clientId: settings.clientId,
    nonce: asked.nonce,
    subject: null,
    accessTokenHash: accessTokenHash(settings.algorithm, given.access_token),
    maxAgeMs: settings.maxAgeMs,
    acr: settings.acr,
  }
  const verdict = judgeIdToken(claims, demands, at)
  return verdict.kind === 'refused' ? verdict : { kind: 'redeemed', person: verdict.person, tokens: tokensOf(given, at) }
}

/** Nothing twice, nothing that belongs to another flow: a second `code` is somebody's attempt to slip in his own (OIDC-02, C11). */
function readAnswer(answer: string): URLSearchParams | null {
  if (answer.length > LONGEST_ANSWER) return null
  const query = new URLSearchParams(answer)
  const names = [...query.keys()]
  if (new Set(names).size !== names.length) return null
  return ['access_token', 'id_token', 'token_type', 'response'].some((name) => query.has(name)) ? null : query
}

/** Entra's codes have about 1.5 KB. */
const LONGEST_ANSWER = 8000

export function tokensOf(given: TokenEndpointResponse & TokenEndpointResponseHelpers, at: Instant): Tokens {
  const seconds = given.expires_in
  return {
    accessToken: given.access_token,
    type: given.token_type === 'dpop' ? 'dpop' : 'bearer',
    expiresAt: typeof seconds === 'number' && Number.isFinite(seconds) ? at + Math.max(0, seconds) * 1000 : null,
    refreshToken: typeof given.refresh_token === 'string' && given.refresh_token !== '' ? given.refresh_token : null,
    idToken: given.id_token ?? null,
  }
}

/** OpenID Connect Core §3.1.3.6: the left half of the hash that goes with the signature's algorithm. */
export function accessTokenHash(algorithm: string, accessToken: string): string {
  const size = /\d{3}$/.exec(algorithm)?.[0]
  const digest = hash(size === '256' || size === '384' ? `sha${size}` : 'sha512', accessToken, 'buffer')
  return digest.subarray(0, digest.length / 2).toString('base64url')
}
