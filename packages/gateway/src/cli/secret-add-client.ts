import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { isLoopbackHost, parseHttpUrl, parseOrigin } from '../config/address.ts'
import { parsePlacement } from '../decide/credential.ts'
import type { CredentialView } from '../vault/outcome.ts'
import { CLIENT_AUTHENTICATIONS, type ClientAuthentication, type OAuthClient } from '../vault/oauth-client.ts'
import { askHidden } from './ask.ts'
import { withVault } from './open.ts'
import { collect, withCommonOptions, type CommonOptions } from './options.ts'
import { EXIT, failed, type Outcome } from './outcome.ts'
import { PLACEMENTS, refuseName, told } from './secret-add.ts'
import type { Does, World } from './world.ts'

interface AddClientOptions extends CommonOptions {
  readonly origin: readonly string[]
  readonly tokenEndpoint: string
  readonly clientId: string
  readonly authentication: string
  readonly clientKey?: string
  readonly scope?: string
  readonly resource?: string
  readonly audience?: string
  readonly place: string
  readonly ca?: string
  readonly privateNetwork?: boolean
  readonly secretFile?: string
}

export function addSecretAddClient(secret: Command, does: Does): void {
  withCommonOptions(secret.command('add-client'))
    .description(
      'Seal an OAuth 2.0 client: the API gets access tokens that its authorization server issues (client credentials), renewed before they end.',
    )
    .argument('<name>', 'its name in `credential:`; lower-case letters, digits, hyphens')
    .requiredOption('--origin <origin>', 'the API that the access token may be sent to; may be given several times', collect)
    .requiredOption('--token-endpoint <url>', 'where it is issued, as in https://login.example.com/oauth2/token')
    .requiredOption('--client-id <id>', 'the client’s name at the authorization server')
    .option('--authentication <method>', CLIENT_AUTHENTICATIONS.join(', '), 'client_secret_basic')
    .option(
      '--client-key <name>',
      'with private_key_jwt: the key in the vault that signs (`cloakroom signing-key add`), made for the endpoint’s origin',
    )
    .option('--scope <scope>', 'the scopes to ask for, separated by blanks')
    .option('--resource <uri>', 'the API for which it is to be good (RFC 8707)')
    .option('--audience <text>', 'what some servers want in place of --resource')
    .option('--ca <file>', 'an authority that may vouch for the endpoint, PEM; the system’s own stay trusted')
    .option('--place <how>', PLACEMENTS, 'bearer')
    .option('--private-network', 'let the endpoint’s name resolve to a private address')
    .option(
      '--secret-file <file>',
      'read the client secret (with tls_client_auth: certificate and private key, PEM) from a file instead of the prompt or standard input',
    )
    .addHelpText(
      'after',
      `
Examples:
  cloakroom secret add-client crm --origin https://api.crm.example --token-endpoint https://login.crm.example/token --client-id shop < secret.txt
  cloakroom signing-key add crm-client --origin https://login.crm.example
  cloakroom secret add-client crm --origin https://api.crm.example --token-endpoint https://login.crm.example/token --client-id shop \\
    --authentication private_key_jwt --client-key crm-client
  cat client.pem client-key.pem | cloakroom secret add-client crm --origin https://api.crm.example \\
    --token-endpoint https://login.crm.example/token --client-id shop --authentication tls_client_auth

A new client secret, or certificate, is given with: cloakroom secret rotate NAME < new.txt`,
    )
    .action(does((world: World, name: string, options: AddClientOptions) => secretAddClient(world, name, options)))
}

async function secretAddClient(world: World, name: string, options: AddClientOptions): Promise<Outcome> {
  const wrong = refuseName(name) ?? refuseOptions(options)
  if (wrong !== null) return wrong
  const placement = parsePlacement(options.place)
  const endpoint = parseHttpUrl(options.tokenEndpoint)
  const authentication = CLIENT_AUTHENTICATIONS.find((each) => each === options.authentication)
  const ca = readAuthority(options.ca, world.terminal.cwd)
  if (ca === 'unusable') return failed(EXIT.usage, '--ca holds no authority.', 'Name a PEM file with the authority’s certificate.')
  if (placement === null || endpoint === null || authentication === undefined)
    return failed(EXIT.usage, 'The client cannot be read.', 'Add --help.')
  const client: OAuthClient = {
    endpoint: endpoint.href,
    clientId: options.clientId,
    authentication,
    key: options.clientKey ?? null,
    scope: options.scope ?? null,
    resource: options.resource ?? null,
    audience: options.audience ?? null,
    ca,
    privateNetwork: options.privateNetwork === true,
  }
  return await withVault(world, options.config, async (opened) => {
    const unfit = refuseKey(client, await opened.vault.list())
    if (unfit !== null) return unfit
    const file = options.secretFile === undefined ? null : resolve(world.terminal.cwd, options.secretFile)
    const asked =
      client.key === null
        ? await askHidden(
            world.terminal,
            `${authentication === 'tls_client_auth' ? 'Certificate and private key' : 'The client secret'} of ${client.clientId}`,
            file,
          )
        : ({ kind: 'answer', value: Buffer.alloc(0) } as const)
    if (asked.kind === 'none') return asked.outcome
    const made = { kind: { is: 'oauth', client }, value: asked.value, placement, origins: options.origin } as const
    return await told(await opened.vault.add(name, made, world.clock()), opened, world, 'secret.added', `${name} is in the vault.`)
  })
}

function readAuthority(file: string | undefined, cwd: string): string | null {
  if (file === undefined) return null
  try {
    const pem = readFileSync(resolve(cwd, file), 'utf8')
    return new X509Certificate(pem).ca ? pem : 'unusable'
  } catch {
    return 'unusable'
  }
}

function refuseOptions({ origin, tokenEndpoint, authentication, clientKey, clientId, place }: AddClientOptions): Outcome | null {
  if (origin.some((each) => parseOrigin(each) === null))
    return failed(EXIT.usage, '--origin is not an origin.', 'Write scheme and host alone, as in --origin https://api.example.com.')
  const endpoint = parseHttpUrl(tokenEndpoint)
  if (endpoint === null)
    return failed(EXIT.usage, '--token-endpoint is not a URL.', 'Write it whole, as in https://login.example.com/oauth2/token.')
  if (endpoint.protocol === 'http:' && !isLoopbackHost(endpoint.hostname))
    return failed(EXIT.usage, 'The client secret would travel without TLS.', 'Write the https:// address of the token endpoint.')
  if (clientId === '' || /\p{Cc}/u.test(clientId))
    return failed(EXIT.usage, '--client-id cannot be used.', 'Copy it from the authorization server.')
  const method: ClientAuthentication | undefined = CLIENT_AUTHENTICATIONS.find((each) => each === authentication)
  if (method === undefined)
    return failed(EXIT.usage, '--authentication is none that can be used.', `Write one of: ${CLIENT_AUTHENTICATIONS.join(', ')}.`)
  if ((method === 'private_key_jwt') !== (clientKey !== undefined))
    return failed(EXIT.usage, '--client-key and private_key_jwt belong together.', 'Give both, or neither of them.')
  if (method === 'tls_client_auth' && endpoint.protocol !== 'https:')
    return failed(EXIT.usage, 'A certificate is shown over TLS alone.', 'Write the https:// address of the token endpoint.')
  const placement = parsePlacement(place)
  return placement === null ? failed(EXIT.usage, '--place does not say where it goes.', `Write one of: ${PLACEMENTS}.`) : null
}

/** Found out now, and not by the first visitor. */
function refuseKey({ key, endpoint }: OAuthClient, held: readonly CredentialView[]): Outcome | null {
  if (key === null) return null
  const { origin } = new URL(endpoint)
  const found = held.find(({ name }) => name === key)
  if (found?.kind.is === 'signing-key' && found.origins.includes(origin)) return null
  return failed(EXIT.failed, `There is no key ${key} for ${origin}.`, `Make it: cloakroom signing-key add ${key} --origin ${origin}`)
}
