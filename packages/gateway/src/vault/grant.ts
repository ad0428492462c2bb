import type { HeaderField } from '../decide/headers.ts'
import type { Instant } from '../decide/head.ts'
import { compactJwt, JOSE_NAMES } from '../lib/compact-jwt.ts'
import type { Awaitable } from '../lib/awaitable.ts'
import type { Random } from '../lib/random.ts'
import type { OpenSigner } from '../parts.ts'
import type { OAuthClient } from './oauth-client.ts'

/** One POST to a token endpoint, over verified TLS, without redirects, bounded in time and size. Throws when there is no answer. */
export type Exchange = (request: ExchangeRequest) => Promise<{ readonly status: number; readonly text: string }>

export interface ExchangeRequest {
  readonly endpoint: string
  readonly privateNetwork: boolean
  readonly headers: readonly HeaderField[]
  readonly body: string
  readonly ca: string | null
  readonly certificate: Uint8Array | null
}

export type Grant =
  | { readonly kind: 'granted'; readonly accessToken: string; readonly lifeMs: number }
  /** `detail` quotes nothing that the server wrote but an error's name. */
  | { readonly kind: 'refused'; readonly detail: string }

export interface GrantParts {
  readonly exchange: Exchange
  readonly random: Random
  readonly signer: (name: string, origin: string, at: Instant) => Awaitable<OpenSigner>
}

/** Asks for an access token with the client credentials grant (RFC 6749 §4.4). Never throws. */
export async function askForGrant(client: OAuthClient, secret: Uint8Array, at: Instant, parts: GrantParts): Promise<Grant> {
  try {
    return readGrant(await parts.exchange(await requestOf(client, secret, at, parts)))
  } catch (cause) {
    return { kind: 'refused', detail: cause instanceof Error && 'code' in cause ? `no answer: ${String(cause.code)}` : 'no answer' }
  }
}

async function requestOf(client: OAuthClient, secret: Uint8Array, at: Instant, parts: GrantParts): Promise<ExchangeRequest> {
  const form = new URLSearchParams({ grant_type: 'client_credentials' })
  for (const name of ['scope', 'resource', 'audience'] as const) {
    const value = client[name]
    if (value !== null) form.set(name, value)
  }
  const headers: HeaderField[] = [
    ['content-type', 'application/x-www-form-urlencoded'],
    ['accept', 'application/json'],
  ]
  switch (client.authentication) {
    case 'client_secret_basic': {
      // RFC 6749 §2.3.1: both are form-encoded before they are joined.
      const pair = `${formEncoded(client.clientId)}:${formEncoded(textOf(secret))}`
      headers.push(['authorization', `Basic ${Buffer.from(pair).toString('base64')}`])
      break
    }
    case 'client_secret_post':
      form.set('client_id', client.clientId)
      form.set('client_secret', textOf(secret))
      break
    case 'private_key_jwt':
      form.set('client_id', client.clientId)
      form.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
      form.set('client_assertion', await clientAssertion(client, at, parts))
      break
    case 'tls_client_auth':
      // RFC 8705 §2: which certificates may speak for it is known there.
      form.set('client_id', client.clientId)
      break
  }
  const certificate = client.authentication === 'tls_client_auth' ? secret : null
  return { endpoint: client.endpoint, privateNetwork: client.privateNetwork, headers, body: form.toString(), ca: client.ca, certificate }
}

/** RFC 7523 §3, with the endpoint as audience. */
async function clientAssertion({ endpoint, clientId, key }: OAuthClient, at: Instant, { signer, random }: GrantParts): Promise<string> {
  const opened = await signer(key ?? '', new URL(endpoint).origin, at)
  const now = Math.floor(at / 1000)
  const claims = { iss: clientId, sub: clientId, aud: endpoint, jti: random(16).toString('base64url'), iat: now, exp: now + 60 }
  const header = { alg: JOSE_NAMES[opened.key.algorithm], kid: opened.key.keyid, typ: 'JWT' }
  return await compactJwt(header, claims, (text) => opened.key.sign(text))
}

/** A server that names no time gets this one (RFC 6749 §5.1 leaves it to the documentation). */
const UNSAID_SECONDS = 300
const LONGEST_SECONDS = 86_400

function readGrant({ status, text }: { readonly status: number; readonly text: string }): Grant {
  const said = parsed(text)
  if (status !== 200 || said === null) {
    const error = said?.['error']
    const name = typeof error === 'string' && /^[a-z_]{1,40}$/.test(error) ? ` ${error}` : ''
    return { kind: 'refused', detail: `the authorization server answered ${status}${name}` }
  }
  const { access_token: accessToken, token_type: type, expires_in: seconds = UNSAID_SECONDS } = said
  // Another type would be another placement: one bound to a key, say, is no use as a bearer.
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer') return { kind: 'refused', detail: 'the answer is no bearer token' }
  if (typeof accessToken !== 'string' || !/^[\x21-\x7e]{8,8000}$/.test(accessToken))
    return { kind: 'refused', detail: 'an unusable access token' }
  const life = Number(seconds)
  if (!Number.isFinite(life) || life < 1) return { kind: 'refused', detail: 'an access token that has expired' }
  return { kind: 'granted', accessToken, lifeMs: Math.min(life, LONGEST_SECONDS) * 1000 }
}

function parsed(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : null
  } catch {
    return null
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}

function formEncoded(text: string): string {
  return new URLSearchParams({ x: text }).toString().slice(2)
}
