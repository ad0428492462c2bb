import { generateKeyPairSync, hash, type KeyObject, sign } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { systemClock } from '../src/lib/clock.ts'
import type { Browser } from './oidc-kit.ts'

/** What a provider answers to one kind of question; a function writes the whole answer itself. */
export type Answering = { readonly status?: number; readonly type?: string; readonly body: unknown } | ((response: ServerResponse) => void)

export interface Key {
  readonly alg: string
  readonly kid: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

export const RSA = newKey('RS256', 'rsa-1')
/** Known to nobody. */
export const STRANGE = newKey('RS256', 'rsa-1')
export const EC = newKey('ES256', 'ec-1')

/** An OpenID Provider that says what a test tells it to. Everything that is not told is right. */
export interface HostileProvider {
  readonly issuer: string
  metadata: (right: Record<string, unknown>) => Answering
  keys: (right: { readonly keys: readonly object[] }) => Answering
  /** The token endpoint; `claims` are those of a right ID token. */
  tokens: (right: Given) => Answering
  /** The revocation endpoint; `metadata` names it. */
  revocations: (form: URLSearchParams) => Answering
  /** Requests per path. */
  readonly asked: ReadonlyMap<string, number>
  /** Claims of a right ID token for this nonce. */
  readonly claims: (nonce: string | null) => Record<string, unknown>
  nonce: string | null
  readonly close: () => Promise<void>
}

export interface Given {
  readonly claims: Record<string, unknown>
  readonly form: URLSearchParams
  /** A right answer with this ID token. */
  readonly withIdToken: (idToken: string) => { readonly body: Record<string, unknown> }
}

export async function startHostileProvider(clientId: string): Promise<HostileProvider> {
  const asked = new Map<string, number>()
  const server = createServer((request, response) => void answer(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', issuer).pathname
    asked.set(path, (asked.get(path) ?? 0) + 1)
    let text = ''
    for await (const chunk of request.setEncoding('utf8')) text += String(chunk)
    switch (path) {
      case '/.well-known/openid-configuration':
        return write(response, own.metadata(rightMetadata(issuer)))
      case '/keys':
        return write(response, own.keys({ keys: [jwkOf(RSA), jwkOf(EC)] }))
      case '/token': {
        const claims = own.claims(new URLSearchParams(text).get('grant_type') === 'refresh_token' ? null : own.nonce)
        return write(response, own.tokens({ claims, form: new URLSearchParams(text), withIdToken }))
      }
      case '/revocation':
        return write(response, own.revocations(new URLSearchParams(text)))
      default:
        return write(response, { status: 404, body: {} })
    }
  }

  const own: HostileProvider = {
    issuer,
    asked,
    nonce: null,
    metadata: (right) => ({ body: right }),
    keys: (right) => ({ body: right }),
    tokens: ({ claims }) => withIdToken(jwt(claims)),
    revocations: () => ({ body: '' }),
    claims(nonce) {
      const now = Math.floor(systemClock() / 1000)
      const times = { iat: now, exp: now + 300, auth_time: now }
      return {
        iss: issuer,
        sub: 'subject-of-ada',
        aud: clientId,
        ...times,
        ...(nonce === null ? {} : { nonce }),
        preferred_username: 'ada there',
        sid: 'sid-1',
      }
    },
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
  return own
}

/** The way of a sign-in at a provider `acme`, whose ID token says this besides what it must. Whether it worked is the test's to ask. */
export async function signInAt(op: HostileProvider, browser: Browser, said: Readonly<Record<string, unknown>>): Promise<void> {
  const begun = await browser.fetch('/auth/oidc/start', {
    method: 'POST',
    body: JSON.stringify({ provider: 'acme' }),
    headers: { 'content-type': 'application/json' },
  })
  const asked = new URL((JSON.parse(begun.text) as { location: string }).location).searchParams
  op.nonce = asked.get('nonce')
  op.tokens = (given) => given.withIdToken(jwt({ ...given.claims, ...said }))
  const query = new URLSearchParams({ code: 'a-code', state: asked.get('state') ?? '', iss: op.issuer })
  await browser.go(`${browser.kit.origin}/auth/oidc/callback/acme?${query.toString()}`, op.issuer)
}

export const ACCESS_TOKEN = 'access-token-of-the-hostile-provider'

export function withIdToken(idToken: string): { readonly body: Record<string, unknown> } {
  return { body: { access_token: ACCESS_TOKEN, token_type: 'Bearer', expires_in: 60, refresh_token: 'refresh-token-1', id_token: idToken } }
}

/** `at_hash` of an access token, for RS256. */
export function atHash(accessToken: string): string {
  return hash('sha256', accessToken, 'buffer').subarray(0, 16).toString('base64url')
}

/** A JWS in compact form; `header` overrides. */
export function jwt(claims: object, key: Key = RSA, header: Record<string, unknown> = {}): string {
  const head = { alg: key.alg, kid: key.kid, typ: 'JWT', ...header }
  const signed = `${encode(head)}.${encode(claims)}`
  const options = key.alg === 'ES256' ? ({ key: key.privateKey, dsaEncoding: 'ieee-p1363' } as const) : key.privateKey
  return `${signed}.${sign('sha256', Buffer.from(signed), options).toString('base64url')}`
}

export function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

export function jwkOf({ publicKey, kid, alg }: Key): Record<string, unknown> {
  return { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' }
}

function newKey(alg: string, kid: string): Key {
  const pair = alg === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { alg, kid, ...pair }
}

function rightMetadata(issuer: string): Record<string, unknown> {
  return {
    issuer,
    authorization_endpoint: `${issuer}/auth`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/keys`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256', 'ES256', 'HS256', 'none'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
  }
}

function write(response: ServerResponse, answering: Answering): void {
  if (typeof answering === 'function') return answering(response)
  const { status = 200, type = 'application/json', body } = answering
  response.writeHead(status, { 'content-type': type }).end(typeof body === 'string' ? body : JSON.stringify(body))
}
