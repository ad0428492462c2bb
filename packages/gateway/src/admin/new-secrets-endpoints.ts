import { X509Certificate } from 'node:crypto'
import * as z from 'zod'
import { isLoopbackHost, parseHttpUrl, parseOrigin } from '../config/address.ts'
import { CREDENTIAL_NAME } from '../config/schema-api.ts'
import { parsePlacement } from '../decide/credential.ts'
import { CLIENT_AUTHENTICATIONS, type OAuthClient, readClient } from '../vault/oauth-client.ts'
import { PLAIN_SECRET } from '../vault/kind.ts'
import { type AdminCall, type AdminEndpoint, endpoint, refused, type Said } from './endpoint.ts'
import { moment, type SecretView, secretView, told } from './secret-view.ts'

export const credentialName = z
  .string()
  .regex(CREDENTIAL_NAME, 'Use at most 40 lower-case letters, digits and hyphens, beginning with a letter')
export const origins = z.array(z.string().max(300)).min(1).max(20)
const value = z.string().min(1).max(16_384).describe('Sealed at once; nothing shows it again.')
const placement = z.string().max(100).describe('As in bearer, header:x-api-key, query:key or basic:user.')
const PLACEMENT = 'placement: write bearer, header:NAME, query:NAME or basic:USER.'

const clientBody = z.strictObject({
  name: credentialName,
  value: value
    .optional()
    .describe('The client secret; with `tls_client_auth` certificate and private key (PEM, one text); with `private_key_jwt` nothing.'),
  tokenEndpoint: z.string().max(500),
  clientId: z.string().min(1).max(300),
  authentication: z.enum(CLIENT_AUTHENTICATIONS).default('client_secret_basic'),
  clientKey: credentialName.optional().describe('With `private_key_jwt`: the key in the vault that signs.'),
  scope: z.string().max(1000).optional(),
  resource: z.string().max(500).optional(),
  audience: z.string().max(500).optional(),
  placement: placement.default('bearer'),
  origins,
  ca: z.string().max(32_768).optional().describe('A further authority (PEM) that may vouch for the endpoint.'),
  privateNetwork: z.boolean().default(false),
})

/** What is put into the vault, of each kind but keys that sign. */
export const NEW_SECRETS: readonly AdminEndpoint[] = [
  endpoint({
    id: 'addSecret',
    method: 'POST',
    path: '/secrets',
    callers: 'owner',
    change: true,
    grave: true,
    about: 'Seals a secret in the vault, together with where it may be sent and how.',
    body: z.strictObject({
      name: credentialName,
      value,
      placement,
      origins,
      notBefore: moment.optional(),
      notAfter: moment.optional(),
      windowSeconds: z
        .int()
        .min(10)
        .max(86_400)
        .optional()
        .describe('Sends another secret every so many seconds, derived from this one, which the API has to have, too.'),
    }),
    answer: secretView,
    run: async (call) => {
      const { name, windowSeconds, notBefore, notAfter, ...body } = call.body
      const place = parsePlacement(body.placement)
      if (place === null) return refused('admin_request_refused', PLACEMENT)
      const at = (text: string | undefined): number | null => (text === undefined ? null : Date.parse(text))
      const kind = windowSeconds === undefined ? PLAIN_SECRET : ({ is: 'window', seconds: windowSeconds } as const)
      const times = { notBefore: at(notBefore), notAfter: at(notAfter) }
      const wish = { kind, value: Buffer.from(body.value), placement: place, origins: body.origins, ...times }
      return await told(call, await call.parts.vault.add(name, wish, call.at), 'secret.added')
    },
  }),
  endpoint({
    id: 'addOAuthClient',
    method: 'POST',
    path: '/secrets/oauth-clients',
    callers: 'owner',
    change: true,
    grave: true,
    about: 'Seals an OAuth 2.0 client: the API gets access tokens that its authorization server issues, renewed before they end.',
    body: clientBody,
    answer: secretView,
    run: addClient,
  }),
  endpoint({
    id: 'addClientCertificate',
    method: 'POST',
    path: '/secrets/client-certificates',
    callers: 'owner',
    change: true,
    grave: true,
    about: 'Seals a client certificate with its private key, to be shown to APIs that ask for one. It ends when the certificate ends.',
    body: z.strictObject({
      name: credentialName,
      value: value.describe('Both as one PEM text. Sealed at once; nothing shows it again.'),
      origins,
    }),
    answer: secretView,
    run: async (call) => {
      const { name, origins: places } = call.body
      if (places.some((origin) => parseOrigin(origin)?.startsWith('https:') !== true))
        return refused('admin_request_refused', 'origins: a certificate is shown to https:// origins alone.')
      const wish = { kind: { is: 'client-certificate' }, value: Buffer.from(call.body.value), placement: null, origins: places } as const
      return await told(call, await call.parts.vault.add(name, wish, call.at), 'secret.added')
    },
  }),
]

async function addClient(call: AdminCall<unknown, z.output<typeof clientBody>>): Promise<Said<SecretView>> {
  const { name, value: secret, placement: written, origins: places, tokenEndpoint, clientKey, ...rest } = call.body
  const place = parsePlacement(written)
  if (place === null) return refused('admin_request_refused', PLACEMENT)
  const url = parseHttpUrl(tokenEndpoint)
  if (url === null || (url.protocol === 'http:' && !isLoopbackHost(url.hostname)))
    return refused('admin_request_refused', 'tokenEndpoint: write the whole https:// address of the token endpoint.')
  if (rest.ca !== undefined && !isAuthority(rest.ca))
    return refused('admin_request_refused', 'ca: that is no authority’s certificate in PEM form.')
  const client: OAuthClient | null = readClient({ ...rest, endpoint: url.href, key: clientKey ?? null })
  if (client === null)
    return refused('admin_request_refused', '`clientKey` and `private_key_jwt` belong together; a certificate needs https.')
  if ((secret === undefined) !== (client.key !== null))
    return refused('admin_request_refused', 'value: with `private_key_jwt` there is none, else there has to be one.')
  if (client.key !== null) {
    // Found out now, and not by the first visitor.
    const key = (await call.parts.vault.list()).find((each) => each.name === client.key)
    if (key?.kind.is !== 'signing-key' || !key.origins.includes(url.origin))
      return refused('admin_conflict', `There is no key ${client.key} that signs for ${url.origin}. Make it first.`)
  }
  const wish = { kind: { is: 'oauth', client }, value: Buffer.from(secret ?? ''), placement: place, origins: places } as const
  return await told(call, await call.parts.vault.add(name, wish, call.at), 'secret.added')
}

function isAuthority(pem: string): boolean {
  try {
    return new X509Certificate(pem).ca
  } catch {
    return false
  }
}
