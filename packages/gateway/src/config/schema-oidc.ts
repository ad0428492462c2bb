import * as z from 'zod'
import { CREDENTIAL_NAME, roleName } from './schema-api.ts'
import { duration, filePath, issuer, text } from './values.ts'

/** Also a segment of the redirect address. */
export const PROVIDER_NAME = /^[a-z][a-z0-9-]{0,39}$/

/** RFC 7518 and RFC 8037, without the symmetric ones: whoever can check a MAC can also make one. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const

const role = roleName()
const claim = text(200).min(1, 'A claim has a name')

const roles = z.strictObject({
  claim: claim.describe('The claim of the ID token that holds them: its name, or a path to it as in `realm_access.roles`.'),
  map: z
    .record(z.string(), z.union([role.transform((one) => [one]), z.array(role)], { error: 'This names no role' }))
    .describe('What stands in the claim → the role or roles that it gives here. What is not named gives none.'),
})

/** One OpenID Provider, at which people may sign in. */
export const providerSchema = z.strictObject({
  issuer: issuer().describe('Its issuer, letter by letter as it stands in its metadata, as in `https://login.example.com/realms/shop`.'),
  label: text(40).nullable().default(null).describe('What the button on the sign-in page says. Left out: its name here.'),
  clientId: text(256).min(1, 'The client has an identifier').describe('As which client the gateway is registered there.'),
  clientAuth: z
    .enum(['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'tls_client_auth'])
    .default('client_secret_basic')
    .describe('How the gateway shows who it is: by a secret, by a signature, or by a certificate.'),
  credential: z
    .string()
    .regex(CREDENTIAL_NAME, 'This is not a credential’s name')
    .describe(
      'The name of the client’s secret in the vault; of its private key with `private_key_jwt` and `tls_client_auth`, as a JWK or as PKCS#8 in base64, on one line.',
    ),
  certificate: filePath().nullable().default(null).describe('With `tls_client_auth`: the client’s certificate chain, PEM.'),
  scopes: z
    .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'This is not a scope'))
    .default(['profile'])
    .describe('What is asked for besides `openid`; `offline_access` where that is needed to stay signed in.'),
  algorithm: z.enum(ALGORITHMS).default('RS256').describe('With what ID tokens and logout tokens are signed. Any other is refused.'),
  parameters: z
    .record(z.string(), text(500))
    .default({})
    .describe('Further parameters of the authorization request that a provider wants, as `access_type: offline`.'),
  nameClaim: claim.default('preferred_username').describe('The claim that names a new account.'),
  admit: z
    .union(
      [
        z.enum(['known', 'anybody']),
        z
          .record(z.string(), z.union([z.string(), z.array(z.string())], { error: 'This is no value of a claim' }))
          .refine((demands) => Object.keys(demands).length > 0, 'This demands nothing'),
      ],
      { error: 'This says nobody who may come in' },
    )
    .default('known')
    .describe(
      'Who may come in: `known`, people whose account is linked with the provider already; `anybody` who can sign in there; or whoever has a claim of a value, as in `{ hd: example.com }`. All but `known` get an account at their first sign-in.',
    ),
  roles: roles.nullable().default(null).describe('Which roles the provider gives, anew at each sign-in.'),
  acr: z
    .array(text(200).min(1))
    .default([])
    .describe('The only authentication contexts that are enough (`acr`); asked for and demanded. Empty: any.'),
  maxAge: duration()
    .nullable()
    .default(null)
    .describe('How long ago somebody may have authenticated there (`max_age`); demanded with `auth_time`. Left out: any time.'),
  demandPkce: z
    .boolean()
    .default(false)
    .describe('Refuse a provider whose metadata does not say that it checks PKCE. It is sent in any case.'),
  endSession: z
    .boolean()
    .default(true)
    .describe(
      'Lead whoever signs out here to the provider’s page for that, where it has one. The ID token goes along, as the standard wants it.',
    ),
  frontChannelLogout: z
    .boolean()
    .default(false)
    .describe('Let the provider end sessions by a frame in the browser, too. Back-channel logout needs no setting.'),
  ca: filePath().nullable().default(null).describe('A PEM file with the authority of a provider that no public one vouches for.'),
  unsafeAllowPrivateNetwork: z
    .boolean()
    .default(false)
    .describe('Let the provider’s names lead to addresses that are not on the internet, as for a company’s own.'),
})
