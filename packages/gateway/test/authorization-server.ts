import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Jwk } from '@cloakroom/signature'
import { Provider } from 'oidc-provider'

export const CLIENT = { id: 'shop-gateway', secret: 'canary-client-secret-7Hn3Vt5Bc1Zk8Qw2Lm' } as const
const RESOURCE = 'https://api.example.com/'

/** A real authorization server on loopback that issues access tokens to three clients, one for each way to authenticate. */
export interface AuthorizationServer {
  readonly origin: string
  readonly endpoint: string
  /** Requests to the token endpoint. */
  readonly asked: readonly { readonly status: number; readonly scope: string | null }[]
  /** The access tokens that count now; take one out to see it refused. */
  readonly issued: Set<string>
  close(): Promise<void>
}

export async function startAuthorizationServer(
  options: { readonly lifeSeconds?: number; readonly clientKey?: (origin: string) => Promise<Jwk> } = {},
): Promise<AuthorizationServer> {
  let answer: ReturnType<Provider['callback']> | null = null
  const server: Server = createServer((request, response) => void answer?.(request, response))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const clientKey = await options.clientKey?.(origin)
  const common = { grant_types: ['client_credentials'], redirect_uris: [], response_types: [] }
  const provider = new Provider(origin, {
    clients: [
      { ...common, client_id: CLIENT.id, client_secret: CLIENT.secret },
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
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    enabledJWA: { clientAuthSigningAlgValues: ['ES256'] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
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
  provider.use(async (ctx, next) => {
    await next()
    if (ctx.path !== '/token') return
    const said = ctx.body as { access_token?: string; scope?: string }
    asked.push({ status: ctx.status, scope: said.scope ?? null })
    if (said.access_token !== undefined) issued.add(said.access_token)
  })
  answer = provider.callback()
  return {
    origin,
    endpoint: `${origin}/token`,
    asked,
    issued,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}
