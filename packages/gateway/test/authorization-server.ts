import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Jwk } from '@cloakroom/signature'
import { Provider } from 'oidc-provider'
import type { TestCertificate } from './certificates.ts'

export const CLIENT = { id: 'shop-gateway', secret: 'canary-client-secret-7Hn3Vt5Bc1Zk8Qw2Lm' } as const
const RESOURCE = 'https://api.example.com/'

/** A real authorization server on loopback that issues access tokens to a client for each way to authenticate. */
export interface AuthorizationServer {
  readonly origin: string
  readonly endpoint: string
  /** Requests to the token endpoint. */
  readonly asked: readonly { readonly status: number; readonly scope: string | null }[]
  /** What the last request to it said. */
  readonly form: () => URLSearchParams
  /** The access tokens that count now; take one out to see it refused. */
  readonly issued: Set<string>
  close(): Promise<void>
}

export interface ServerOptions {
  readonly lifeSeconds?: number
  readonly clientKey?: (origin: string) => Promise<Jwk>
  /** TLS with this certificate; certificates of clients are asked for, and count when `clients` vouches for them. */
  readonly tls?: TestCertificate & { readonly clients: string }
}

export async function startAuthorizationServer(options: ServerOptions = {}): Promise<AuthorizationServer> {
  let answer: ReturnType<Provider['callback']> | null = null
  const { tls } = options
  const handle = (request: IncomingMessage, response: ServerResponse): void => void answer?.(request, response)
  const server =
    tls === undefined
      ? createServer(handle)
      : createTlsServer({ ...tls, ca: tls.clients, requestCert: true, rejectUnauthorized: false }, handle)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const origin = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`
  const clientKey = await options.clientKey?.(origin)
  const common = { grant_types: ['client_credentials'], redirect_uris: [], response_types: [] }
  const provider = new Provider(origin, {
    clients: [
      { ...common, client_id: CLIENT.id, client_secret: CLIENT.secret },
      ...(tls === undefined
        ? []
        : [
            {
              ...common,
              client_id: 'shower',
              token_endpoint_auth_method: 'tls_client_auth' as const,
              tls_client_auth_san_dns: 'shop.gateway.example',
              tls_client_certificate_bound_access_tokens: true,
            },
          ]),
      { ...common, client_id: 'poster', client_secret: CLIENT.secret, token_endpoint_auth_method: 'client_secret_post' },
      ...(clientKey === undefined
        ? []
        : [
            {
              ...common,
              client_id: 'signer',
              token_endpoint_auth_method: 'private_key_jwt' as const,
              token_endpoint_auth_signing_alg: 'ES256' as const,
              jwks: { keys: [{ ...clientKey, kty: 'EC' as const }] },
            },
          ]),
    ],
    scopes: ['orders:read'],
    clientAuthMethods: [
      'client_secret_basic',
      'client_secret_post',
      'private_key_jwt',
      ...(tls === undefined ? [] : ['tls_client_auth' as const]),
    ],
    enabledJWA: { clientAuthSigningAlgValues: ['ES256'] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      ...(tls === undefined
        ? {}
        : {
            mTLS: {
              enabled: true,
              tlsClientAuth: true,
              certificateBoundAccessTokens: true,
              getCertificate: ({ req }) => (req.socket as TLSSocket).getPeerX509Certificate()?.toString(),
              certificateAuthorized: ({ req }) => (req.socket as TLSSocket).authorized,
              certificateSubjectMatches: ({ req }, property, expected) =>
                property === 'tls_client_auth_san_dns' &&
                (req.socket as TLSSocket).getPeerCertificate().subjectaltname === `DNS:${expected}`,
            },
          }),
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        getResourceServerInfo: () => ({ scope: 'orders:read', accessTokenFormat: 'opaque', accessTokenTTL: options.lifeSeconds ?? 600 }),
      },
    },
    ttl: { ClientCredentials: options.lifeSeconds ?? 600 },
  })
  const asked: { status: number; scope: string | null }[] = []
  const issued = new Set<string>()
  let form = new URLSearchParams()
  provider.use(async (ctx, next) => {
    await next()
    if (ctx.path !== '/token') return
    const said = ctx.body as { access_token?: string; scope?: string }
    form = new URLSearchParams(ctx.oidc.body as Record<string, string>)
    asked.push({ status: ctx.status, scope: said.scope ?? null })
    if (said.access_token !== undefined) issued.add(said.access_token)
  })
  answer = provider.callback()
  return {
    origin,
    endpoint: `${origin}/token`,
    asked,
    form: () => form,
    issued,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}
