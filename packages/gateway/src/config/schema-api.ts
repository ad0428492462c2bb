import * as z from 'zod'
import { JWT_ALGORITHMS } from '../decide/bearer.ts'
import { duration, filePath, httpUrl, origin, size } from './values.ts'

const MIB = 1_048_576
const GIB = 1024 * MIB

export const API_NAME = /^[a-z][a-z0-9-]{0,39}$/
/** Also keeps most real secrets out: they hold capitals or underscores, or are longer. */
export const CREDENTIAL_NAME = /^[a-z][a-z0-9-]{0,39}$/

export const roleName = () => z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/, 'This is not the name of a role')

/** JWTs of another issuer. */
const jwt = z.strictObject({
  issuer: z.string().min(1).max(500).describe('Exactly as in `iss`.'),
  audience: z.string().min(1).max(500).describe('What the issuer calls this API; must be among `aud`.'),
  keys: z
    .string()
    .min(1)
    .refine((text) => !/^[a-z]+:\/\//.test(text) || URL.canParse(text), 'This is neither an address nor a path')
    .describe('The issuer’s JWK Set: an https URL, or a file.'),
  algorithms: z
    .array(z.enum(JWT_ALGORITHMS))
    .min(1, 'Name at least one algorithm')
    .default(['RS256', 'PS256', 'ES256', 'EdDSA'])
    .describe('Signatures that are taken.'),
  type: z.enum(['at+jwt', 'jwt']).default('at+jwt').describe('`at+jwt`: access tokens (RFC 9068). `jwt`: for issuers that do not say so.'),
  scope: z
    .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'This is no scope'))
    .default([])
    .describe('All of them must be in `scope`.'),
  longest: duration(60_000).prefault('24h').describe('The longest life, from `iat` to `exp`.'),
  orLogin: z.boolean().default(false).describe('Signed-in visitors may call, too.'),
})

/** Who may call. */
export const accessSchema = z.union(
  [
    z.enum(['public', 'visitor', 'login']),
    z.strictObject({ jwt }),
    z.strictObject({ role: roleName() }),
    // Under 30 s nobody could type a code, come back and make the call.
    z.strictObject({ fresh: duration(30_000), role: roleName().optional() }),
  ],
  {
    error: 'This says nobody who may call',
  },
)

/** What an API may be told about a visitor. */
const contextMembers = z.array(z.enum(['account', 'roles', 'factors', 'address', 'request']))

const sign = z.strictObject({
  key: z.string().describe('The name of its key in the vault (`cloakroom signing-key add`).'),
  context: contextMembers
    .default([])
    .describe('What the API is told about the visitor in `Cloakroom-Context`, under the signature: nothing unless it is named here.'),
  body: z
    .enum(['digest', 'unsigned'])
    .default('digest')
    .describe(
      '`digest`: bodies are read whole and covered by the signature. `unsigned`: they are streamed and not covered; the API’s verifier must be told the same.',
    ),
  maxBody: size(0, 64 * MIB)
    .prefault('1MiB')
    .describe('The largest body that is read whole for its digest. The API’s verifier takes 1 MiB by default, too.'),
})

const assertion = z.strictObject({
  key: z.string().describe('The name of the key that signs it (`cloakroom signing-key add`).'),
  audience: z
    .string()
    .min(1, 'An audience is not empty')
    .max(256)
    .regex(/^[\x21-\x7e]+$/, 'An audience has no blanks')
    .describe('The `aud` that this API demands, as in https://api.example.com. One API’s assertion is no use at another.'),
  as: z
    .string()
    .default('header:cloakroom-assertion')
    .describe('Where it stands: `bearer`, or `header:NAME`. With `bearer` the API can have no other secret in `Authorization`.'),
  lifetime: duration(5000, 600_000).prefault('1m').describe('How long it is valid: from 5s to 10m.'),
  context: contextMembers
    .default([])
    .describe('What it says about the visitor: `sub`, `roles`, `amr`, `ip`, `rid`; nothing unless it is named here.'),
})

const limits = z.strictObject({
  requestBody: size(0, 100 * GIB)
    .prefault('10MiB')
    .describe('The largest request body.'),
  responseBody: size(1, 100 * GIB)
    .nullable()
    .default(null)
    .describe('The largest answer; left out: any.'),
  connectTimeout: duration().prefault('10s').describe('Until a connection to the upstream stands, TLS included.'),
  headTimeout: duration().prefault('2m').describe('From the request’s last byte to the answer’s head.'),
  idleTimeout: duration().prefault('5m').describe('Between two pieces of an answer, or of a WebSocket’s traffic.'),
  connections: z
    .int()
    .min(1)
    .max(100_000)
    .default(1024)
    .describe(
      'Connections to the upstream at once; each stream holds one. Beyond it 256 requests wait as long as a connect may take, the rest gets 503.',
    ),
  message: size(125, GIB).prefault('1MiB').describe('The largest WebSocket message, either way.'),
})

/** The visitor's own access token instead of a secret of the vault's. */
const visitorToken = z.strictObject({
  oidc: z.string().describe('The provider at which the visitor signed in.'),
  resource: httpUrl('Write the API’s identifier at the provider, as in https://api.example.com.')
    .nullable()
    .default(null)
    .describe('For which API the token is asked for (RFC 8707). Left out: none is named.'),
  scopes: z.array(z.string()).min(1).nullable().default(null).describe('With which scopes. Left out: those of the sign-in.'),
})

/** One API: where the website calls it, where it is, and what passes. */
export const apiSchema = z.strictObject({
  path: z.string().describe('Where the website calls it: a prefix of its own, as in `/api/shop`.'),
  upstream: httpUrl('Write where the API is, as in https://api.example.com/v1.').describe(
    'Where the API is: origin and, if it has one, base path.',
  ),
  credential: z
    .union([z.string(), visitorToken], { error: 'This is neither a credential’s name nor `{ oidc: PROVIDER }`' })
    .nullable()
    .default(null)
    .describe(
      'The name of its secret in the vault (`cloakroom secret add`), or `{ oidc: PROVIDER }`: the signed-in visitor’s own access token. Left out: the API needs none.',
    ),
  sign: sign
    .nullable()
    .default(null)
    .describe('Sign each request (RFC 9421), so that the API can refuse everybody but this gateway. See docs/only-the-gateway.md.'),
  assertion: assertion
    .nullable()
    .default(null)
    .describe(
      'Put a JWT of the gateway’s own on each request, valid for seconds, for an API that reads JWTs already. See docs/only-the-gateway.md.',
    ),
  allow: z
    .array(z.string())
    .min(1, 'The list is empty, so nothing would pass')
    .describe(
      'What passes, a line each: method and path below `path`; `WS` lets a WebSocket be opened. `*` is one segment, `*%2F*` one segment with an encoded slash inside, `**` at the end any number. Everything else is refused.',
    ),
  access: accessSchema
    .prefault('login')
    .describe(
      'Who may call: `public`, `visitor` (has opened the website), `login`, `{ role: NAME }`, or `{ fresh: 5m }`: signed in, and has shown within that time that it is he (a `role` may stand beside it).',
    ),
  actionTokens: z
    .record(z.string(), z.enum(['session', 'once']))
    .default({})
    .describe(
      'Lines of `allow` that demand proof that the call was meant: `session`, a token of this session for this line, or `once`, one that was made for this very call and body and is spent by it.',
    ),
  carry: z
    .array(z.string())
    .default([])
    .describe('Further request header fields that this API needs. Only content and cache fields pass by themselves.'),
  cookies: z.array(z.string()).default([]).describe('Cookies of the API that may reach the browser, by name.'),
  linksTo: z.array(origin()).default([]).describe('Other origins that its redirects and links may name.'),
  destinations: z
    .array(z.enum(['empty', 'image', 'audio', 'video', 'track', 'document', 'iframe', 'object', 'font', 'manifest', 'style']))
    .min(1)
    .default(['empty'])
    .describe('What may load from here, as the browser says in Sec-Fetch-Dest: `empty` is fetch and XHR; add `image` for `<img>`.'),
  onLeak: z
    .enum(['redact', 'withhold'])
    .default('redact')
    .describe('When an answer holds the secret: strike it out, or withhold the answer.'),
  limits: limits.prefault({}).describe('Sizes and times of one call.'),
  clientCertificate: z
    .union(
      [
        z.strictObject({
          cert: filePath().describe('Certificate and what leads to its root, PEM. Read again when it changes.'),
          key: filePath().describe('Its private key, PEM, readable by its owner only.'),
        }),
        z.strictObject({ vault: z.string().describe('The name of certificate and private key in the vault.') }),
      ],
      { error: 'This is neither `{ cert: FILE, key: FILE }` nor `{ vault: NAME }`' },
    )
    .nullable()
    .default(null)
    .describe(
      'Shown to an API that asks for a client certificate (mutual TLS): `{ vault: NAME }` (`cloakroom secret add-certificate`), or two files.',
    ),
  upstreamCa: filePath()
    .nullable()
    .default(null)
    .describe('A PEM file with the certificate authority of an upstream that no public authority vouches for.'),
  activeContent: z
    .boolean()
    .default(false)
    .describe(
      'Let HTML, SVG, XML and JavaScript answers be documents and scripts; without it a browser saves them, or reads them as text.',
    ),
  deleteBody: z.boolean().default(false).describe('Let DELETE carry a body; without it such a call is refused, as with GET.'),
  unsafeAllowPrivateNetwork: z
    .boolean()
    .default(false)
    .describe('Let the name in `upstream` resolve to a private address. An address or `localhost` written there needs no leave.'),
  unsafeAllowPlainHttp: z
    .boolean()
    .default(false)
    .describe('Let the secret travel without TLS to an upstream that is not on this machine.'),
  unsafeAllowPublicWrites: z
    .boolean()
    .default(false)
    .describe('Let anybody at all, other websites’ servers included, call writing methods of an API with `access: public`.'),
})
