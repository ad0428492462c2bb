/** A client of an authorization server (RFC 6749 §4.4). Sealed with its secret: a changed configuration cannot send that to another server. */
export interface OAuthClient {
  /** The token endpoint's whole URL. */
  readonly endpoint: string
  readonly clientId: string
  readonly authentication: ClientAuthentication
  /** With `private_key_jwt`: the key in the vault that signs, made for the endpoint's origin. */
  readonly key: string | null
  readonly scope: string | null
  /** RFC 8707. */
  readonly resource: string | null
  /** What some servers want in place of `resource`. */
  readonly audience: string | null
  /** PEM: a further authority that may vouch for the endpoint; null: the system's alone. */
  readonly ca: string | null
  /** May the endpoint's name resolve to an address that is not on the internet? */
  readonly privateNetwork: boolean
}

/** `tls_client_auth` (RFC 8705 §2.1, and §2.2 for one that nobody else signed): the value is the client's certificate with its private key. */
export type ClientAuthentication = 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt' | 'tls_client_auth'

export const CLIENT_AUTHENTICATIONS: readonly ClientAuthentication[] = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  'tls_client_auth',
]

/** Null when it is none that could be used. */
export function readClient(value: unknown): OAuthClient | null {
  if (typeof value !== 'object' || value === null) return null
  const given = value as Readonly<Record<string, unknown>>
  const { endpoint, clientId, key = null, scope = null, resource = null, audience = null, ca = null, privateNetwork } = given
  const authentication = CLIENT_AUTHENTICATIONS.find((each) => each === given['authentication'])
  if (!isText(endpoint) || !URL.canParse(endpoint) || !isText(clientId) || clientId === '' || authentication === undefined) return null
  if ((authentication === 'private_key_jwt') !== (key !== null)) return null
  if (!isTextOrNull(key) || !isTextOrNull(scope) || !isTextOrNull(resource) || !isTextOrNull(audience)) return null
  if (ca !== null && typeof ca !== 'string') return null
  if (authentication === 'tls_client_auth' && !endpoint.startsWith('https:')) return null
  return { endpoint, clientId, authentication, key, scope, resource, audience, ca, privateNetwork: privateNetwork === true }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && !/\p{Cc}/u.test(value)
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || isText(value)
}
