import type * as OpenidClient from 'openid-client'
import type { ClientAuth, ClientMetadata, Configuration, ServerMetadata } from 'openid-client'
import type { Provider } from '../../decide/provider.ts'
import { GateError } from '../../errors.ts'
import { isHere, type OpenProviderLine, type ProviderLine } from '../../forward/provider-line.ts'
import type { Clock } from '../../lib/clock.ts'
import type { VaultPart } from '../../parts.ts'
import { openText } from '../../vault/open-text.ts'
import { readClientKey, signingKey } from './client-key.ts'

/** A provider whose metadata were read: what is needed to talk to it. */
export interface OidcClient {
  readonly library: typeof OpenidClient
  readonly configuration: Configuration
  readonly metadata: ServerMetadata
  readonly call: ProviderLine['call']
}

export interface ClientParts {
  readonly vault: VaultPart
  readonly clock: Clock
  readonly openLine: OpenProviderLine
  /** PEM of the provider's authority, and of the client's own certificate. */
  readonly ca: string | null
  readonly certificate: string | null
}

export interface ClientSource {
  /** Throws GateError `provider_unavailable`, `credential_unavailable`. */
  client(): Promise<OidcClient>
  close(): void
}

/** Metadata are read when they are first needed, again after ten minutes, and used for an hour when they cannot be read again. */
export function createClientSource(provider: Provider, parts: ClientParts): ClientSource {
  const { clock } = parts
  let known: { readonly client: OidcClient; readonly line: ProviderLine; readonly readAt: number } | null = null
  let reading: Promise<OidcClient> | null = null
  let failed: { readonly at: number; readonly cause: unknown } | null = null

  async function read(): Promise<OidcClient> {
    const line = await openLineTo(provider, parts)
    try {
      const client = await discover(provider, parts, line)
      known?.line.close()
      known = { client, line, readAt: clock() }
      failed = null
      return client
    } catch (cause) {
      line.close()
      failed = { at: clock(), cause }
      if (known !== null && clock() - known.readAt < USABLE_MS) return known.client
      throw cause
    } finally {
      reading = null
    }
  }

  return {
    async client() {
      const age = known === null ? null : clock() - known.readAt
      if (known !== null && age !== null && age >= 0 && age < FRESH_MS) return known.client
      // A provider that is down is not asked again by each of a thousand visitors.
      if (failed !== null && reading === null && Math.abs(clock() - failed.at) < PAUSE_MS && known === null) throw failed.cause
      return await (reading ??= read())
    },
    close: () => known?.line.close(),
  }
}

const FRESH_MS = 10 * 60_000
const USABLE_MS = 60 * 60_000
const PAUSE_MS = 2000

async function openLineTo(provider: Provider, parts: ClientParts): Promise<ProviderLine> {
  const issuer = new URL(provider.issuer)
  const loopback = isHere(issuer.hostname)
  let certificate: { readonly cert: string; readonly key: string } | null = null
  if (provider.clientAuth === 'tls_client_auth' && parts.certificate !== null) {
    const { text } = await openText(parts.vault, provider.credential, issuer.origin, parts.clock())
    const { key } = readClientKey(provider.credential, text)
    certificate = { cert: parts.certificate, key: key.export({ type: 'pkcs8', format: 'pem' }).toString() }
  }
  return parts.openLine({ ca: parts.ca, certificate, privateNetwork: provider.privateNetwork, loopback })
}

async function discover(provider: Provider, parts: ClientParts, line: ProviderLine): Promise<OidcClient> {
  // Loaded when somebody first signs in this way: it is no part of an idle gateway.
  const library = await import('openid-client')
  /** Where the secret may go, as sealed with it; nowhere until it was opened. */
  let sealedFor: readonly string[] = []
  const call: ProviderLine['call'] = (url, sent) => {
    // Metadata name the addresses; they must not be able to lead the secret, or what is made with it, to another host.
    if (sent.method === 'POST' && !sealedFor.includes(new URL(url).origin)) {
      throw new GateError(
        'credential_unavailable',
        `${provider.credential} is not sealed for ${new URL(url).origin}, where ${provider.name} wants it`,
      )
    }
    return line.call(url, sent)
  }
  const authenticate: ClientAuth = async (as, client, body, headers) => {
    const opened = await openText(parts.vault, provider.credential, originOf(as.token_endpoint, provider), parts.clock())
    sealedFor = opened.origins
    // Signing takes a moment; the type says only that there is nothing to have from it.
    return authenticationOf(library, provider, opened.text)(as, client, body, headers)
  }
  const execute = [library.enableNonRepudiationChecks, ...(provider.issuer.startsWith('http:') ? [library.allowInsecureRequests] : [])]
  const configuration = await library
    .discovery(new URL(provider.issuer), provider.clientId, metadataOf(provider), authenticate, {
      execute,
      timeout: TIMEOUT_S,
      [library.customFetch]: call,
    })
    .catch((cause: unknown) => {
      throw asUnavailable(provider, cause)
    })
  const metadata = configuration.serverMetadata()
  refuseMetadata(provider, metadata)
  return { library, configuration, metadata, call }
}

const TIMEOUT_S = 10

function metadataOf({ algorithm, clientAuth }: Provider): Partial<ClientMetadata> {
  return { id_token_signed_response_alg: algorithm, use_mtls_endpoint_aliases: clientAuth === 'tls_client_auth' }
}

function authenticationOf(library: OidcClient['library'], { clientAuth, credential }: Provider, text: string): ClientAuth {
  switch (clientAuth) {
    case 'client_secret_basic':
      return library.ClientSecretBasic(text)
    case 'client_secret_post':
      return library.ClientSecretPost(text)
    case 'private_key_jwt': {
      const own = readClientKey(credential, text)
      const key = signingKey(credential, own)
      return library.PrivateKeyJwt(own.kid === null ? key : { key, kid: own.kid })
    }
    case 'tls_client_auth':
      return library.TlsClientAuth()
  }
}

function refuseMetadata(provider: Provider, metadata: ServerMetadata): void {
  const refuse = (what: string): never => {
    throw new GateError('provider_unavailable', `the metadata of ${provider.name} ${what}`)
  }
  // The library compares parsed addresses, and makes an exception for one provider; an issuer is a text (OpenID Connect Discovery §4.3).
  if (metadata.issuer !== provider.issuer) refuse('name another issuer')
  const { authorization_endpoint: start, token_endpoint: end, jwks_uri: keys } = metadata
  if (start === undefined || end === undefined || keys === undefined) refuse('lack an address')
  if ([start, end, keys].some((address) => !isTrustworthy(address, provider))) refuse('name an address without TLS')
  const methods = metadata.code_challenge_methods_supported
  // Whoever takes PKCE out of the metadata wants it gone (RFC 9700 §4.8.2); where it was never said, it is sent all the same.
  if (methods === undefined ? provider.demandPkce : !methods.includes('S256')) refuse('do not offer PKCE with S256')
}

/** TLS, or this machine where the issuer is on it, too. */
function isTrustworthy(address: string | undefined, { issuer }: Provider): boolean {
  if (address === undefined || !URL.canParse(address)) return false
  const url = new URL(address)
  return url.protocol === 'https:' || (url.protocol === 'http:' && issuer.startsWith('http:') && isHere(url.hostname))
}

function originOf(endpoint: string | undefined, { name }: Provider): string {
  if (endpoint === undefined) throw new GateError('provider_unavailable', `${name} names no token endpoint`)
  return new URL(endpoint).origin
}

/** The failure that stopped a call, out of what the library wrapped around it. */
export function asUnavailable(provider: Provider, cause: unknown): GateError {
  for (let at: unknown = cause, depth = 0; at instanceof Error && depth < 6; at = at.cause, depth++) if (at instanceof GateError) return at
  return new GateError('provider_unavailable', `${provider.name} gave an answer that cannot be used`, { cause, retryAfterMs: 5000 })
}
