import * as z from 'zod'
import { apiSchema, API_NAME, roleName } from './schema-api.ts'
import { PROVIDER_NAME, providerSchema } from './schema-oidc.ts'
import { audit, mail, notify } from './schema-audit.ts'
import { siteSchema } from './schema-site.ts'
import { duration, filePath, httpUrl, listenAddress, origin, size, text } from './values.ts'

const KIB = 1024
const MIB = 1024 * KIB

/** Where the key that opens the vault comes from. */
const vaultKey = z.union(
  [
    z.strictObject({ file: filePath().describe('A key file, readable by its owner only.') }),
    z.strictObject({
      passphrase: z
        .union([z.literal('prompt'), z.strictObject({ file: filePath() })])
        .describe('`prompt` asks on the terminal at start; `{ file: PATH }` reads it, as from a systemd credential.'),
    }),
    z.strictObject({
      env: z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'This is not the name of an environment variable')
        .describe('For development: the name of an environment variable that holds the key.'),
    }),
    z.strictObject({
      exec: z
        .array(z.string().min(1))
        .min(1, 'The list is empty: its first entry is the program')
        .describe('A program and its arguments; it wraps and unwraps on standard input and output.'),
    }),
  ],
  { error: 'This names no source for the vault’s key' },
)

const sessions = z.strictObject({
  idle: duration().prefault('30m').describe('A session ends when it was not used for so long.'),
  absolute: duration().prefault('12h').describe('A session ends then, used or not.'),
  perAccount: z.int().min(1).max(1000).default(10).describe('Sessions that one account may hold at once.'),
  resume: z
    .enum(['never', 'password'])
    .default('never')
    .describe(
      'What opens a session again that ended for being idle, before its absolute end and in the same browser: `never`, a whole sign-in; or `password`, which stands without the second factor that was shown then.',
    ),
  actionTick: duration().prefault('1h').describe('An action token for repeated use is good for one to two of these (`actionTokens`).'),
  onLimit: z
    .enum(['end-oldest', 'refuse', 'end-all'])
    .default('end-oldest')
    .describe('What a login over the limit does: end the oldest session, be refused, or end all others.'),
})

const secondFactor = z
  .union(
    [z.enum(['optional', 'required']), z.strictObject({ roles: z.array(roleName()).min(1, 'The list is empty: it demands it of nobody') })],
    {
      error: 'This does not say of whom a second factor is demanded',
    },
  )
  .default('optional')
  .describe(
    'Of whom a second factor is demanded at sign-in: `optional`, `required`, or `{ roles: [admin] }`. Who has one is always asked for it.',
  )

const visits = z.strictObject({
  lifetime: duration().prefault('1h').describe('How long an anonymous visit lasts (`access: visitor`).'),
  requests: z.int().min(1).max(1_000_000).default(500).describe('API calls that one visit may make.'),
  perAddressHour: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(60)
    .describe('Visits that one address may begin in an hour; of IPv6, a /64 counts as one.'),
  perCustomerHour: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(2000)
    .describe('Visits that one IPv6 /48 may begin in an hour: one customer can hold that much, or a mobile provider’s many.'),
})

const limits = z.strictObject({
  headers: size(4 * KIB, MIB)
    .prefault('16KiB')
    .describe('All header fields of a request together.'),
  url: size(256, 64 * KIB)
    .prefault('8KiB')
    .describe('The request’s path and query.'),
  headTimeout: duration().prefault('15s').describe('Until a request’s header has arrived.'),
  bodyTimeout: duration().prefault('5m').describe('Until a request has arrived whole.'),
  storeTimeout: duration()
    .prefault('5s')
    .describe('How long a store, the vault or the site may take to answer. Later counts as broken: the request is refused.'),
  keepAlive: duration()
    .prefault('65s')
    .describe('How long an idle connection stays open; longer than the 60 s of a load balancer in front.'),
  connections: z.int().min(1).max(1_000_000).default(10_000).describe('Connections open at once.'),
  requests: z.int().min(1).max(1_000_000).default(2000).describe('Requests under way at once; beyond it the answer is 503.'),
  webSockets: z.int().min(1).max(1_000_000).default(2000).describe('WebSockets open at once; beyond it the answer is 503.'),
  webSocketsPerVisitor: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(20)
    .describe('WebSockets open at once of one session, one visit or, with `access: public`, one address.'),
})

/** cloakroom.yaml, key by key. The reference page, the JSON Schema and the types of an embedding program are all made from this. */
export const configSchema = z.strictObject({
  listen: listenAddress()
    .prefault('127.0.0.1:8080')
    .describe('Where the gateway takes requests: `HOST:PORT`, or `:PORT` for every address.'),
  publicUrl: httpUrl('Write the origin that browsers use, as in https://shop.example.com.')
    .nullable()
    .default(null)
    .describe('The origin that the browser sees. Left out: `localhost` and the port of `listen`.'),
  basePath: z
    .string()
    .regex(/^(\/[A-Za-z0-9._~-]+)+$/, 'This is not a path of plain segments, as in /auth')
    .refine((path) => !/\/\.{1,2}(?:\/|$)/.test(path), 'A path has no dot segments')
    .default('/auth')
    .describe('Prefix of the gateway’s own endpoints.'),
  site: siteSchema,
  apis: z
    .record(z.string().regex(API_NAME, 'A name is made of lower-case letters, digits and hyphens, at most 40'), apiSchema)
    .refine((apis) => Object.keys(apis).length > 0, 'There is no API here')
    .describe('The APIs that the website may call, by name.'),
  ownAccounts: z
    .boolean()
    .default(true)
    .describe('Let people sign in with a name and a password of the gateway’s own; false: only at the providers of `oidc`.'),
  oidc: z
    .record(z.string().regex(PROVIDER_NAME, 'A name is made of lower-case letters, digits and hyphens, at most 40'), providerSchema)
    .default({})
    .describe('OpenID Providers at which people may sign in, by name; the name is part of the redirect address.'),
  sessions: sessions.prefault({}).describe('How long a login lasts.'),
  secondFactor,
  visits: visits.prefault({}).describe('Bounds of anonymous visits.'),
  store: filePath().default('./data').describe('The folder that holds sessions, accounts, the sealed vault and the audit trail.'),
  vault: z
    .strictObject({
      key: vaultKey
        .prefault({ file: './cloakroom.key' })
        .describe('What opens the vault at start. Keep it outside the `store` folder and its backups.'),
      mark: filePath()
        .nullable()
        .default(null)
        .describe(
          'A file outside of `store` that notes how far the store has come: an older copy that somebody puts back by hand is then refused at start, because it would revive what was revoked.',
        ),
    })
    .prefault({})
    .describe('Where the secrets are sealed.'),
  guard: z
    .union([z.literal('off'), filePath()])
    .nullable()
    .default(null)
    .describe('The rules against abuse: a file, as in ./guard.yaml, or `off`. Left out: the rules that come with the gateway.'),
  allowedOrigins: z.array(origin()).default([]).describe('Other origins whose pages may call the APIs with the visitor’s session.'),
  trustedProxies: z
    .array(z.string())
    .default([])
    .describe('Addresses or ranges of proxies whose X-Forwarded-For and X-Forwarded-Proto count. Never a range that includes visitors.'),
  tls: z
    .strictObject({
      cert: filePath().describe('Certificate chain, PEM. Read again when it changes.'),
      key: filePath().describe('Its private key, PEM.'),
      redirectFrom: listenAddress()
        .nullable()
        .default(null)
        .describe('A plain HTTP listener that redirects pages to HTTPS and refuses everything else, as in `:80`.'),
    })
    .nullable()
    .default(null)
    .describe('HTTPS by the gateway itself.'),
  admin: z
    .strictObject({
      listen: listenAddress()
        .prefault('127.0.0.1:9090')
        .describe('Where `/healthz`, `/metrics` and the Admin API below `/admin` answer; never on the public port.'),
      api: z
        .boolean()
        .default(true)
        .describe(
          'The Admin API: for administrators with a second factor, from this machine or through `publicUrl`. false: nothing is there.',
        ),
      publicUrl: origin()
        .refine((text) => text.startsWith('https://'), 'Passwords go over it: it has to be https')
        .nullable()
        .default(null)
        .describe('The origin of a proxy of yours that leads administrators here over HTTPS. Left out: from this machine only.'),
      unsafeAllowRemote: z
        .boolean()
        .default(false)
        .describe('Let it listen on other addresses than loopback: whoever reaches it can read the metrics.'),
    })
    .prefault({})
    .describe('The listener for the operator.'),
  audit: audit.prefault({}).describe('The audit trail.'),
  mail: mail.nullable().default(null).describe('The mail server, for whatever is sent by mail.'),
  notify: notify
    .prefault({})
    .describe('Who is told of locked accounts, echoed or ending secrets, a changed or incomplete audit trail, a crash.'),
  theme: z
    .strictObject({
      name: text(60).nullable().default(null).describe('What the login page calls this website. Left out: its host name.'),
      logo: filePath().nullable().default(null).describe('An SVG, PNG, WebP or JPEG file.'),
      colour: z
        .string()
        .regex(/^#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$/, 'This is not a colour as in #0a7c66')
        .nullable()
        .default(null)
        .describe('The accent colour, `#rgb` or `#rrggbb`; in quotes, because # begins a comment.'),
    })
    .prefault({})
    .describe('How the gateway’s own pages look.'),
  limits: limits.prefault({}).describe('What one request, one connection and all of them may take.'),
  decisions: z
    .strictObject({
      keep: duration().prefault('30d').describe('How long refusals are kept for `cloakroom explain`.'),
      most: z.int().min(100).max(1_000_000).default(50_000).describe('The newest so many are kept, whatever their age.'),
      replay: z
        .strictObject({
          actors: z
            .int()
            .min(0)
            .max(100)
            .default(0)
            .describe(
              'Of a hundred visitors, the passed requests of so many are kept as well, for `cloakroom guard replay`: method, path and the fields that rules look at; no body, no cookie, no query.',
            ),
          keep: duration().prefault('7d').describe('How long passed requests are kept.'),
          most: z.int().min(100).max(5_000_000).default(200_000).describe('The newest so many are kept, whatever their age.'),
        })
        .prefault({})
        .describe('What other rules would have done to real traffic.'),
    })
    .prefault({})
    .describe('What was decided, and why.'),
  privacy: z
    .strictObject({
      addresses: z
        .enum(['full', 'network'])
        .default('full')
        .describe(
          'What is written of visitors’ addresses with sessions, into the audit trail and the logs: `full`, or `network`, an IPv4 /24 or IPv6 /48. Limits and bans go by the address all the same.',
        ),
    })
    .prefault({})
    .describe('How much is kept about visitors.'),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('From which level on lines are written.'),
      file: filePath().nullable().default(null).describe('Where to; left out: standard output.'),
    })
    .prefault({})
    .describe('The operator’s log, JSON lines. Never holds secrets, cookies or bodies.'),
})

/** As parsed; paths still as written. */
export type ParsedConfig = z.output<typeof configSchema>
/** As an owner or an embedding program writes it. */
export type ConfigInput = z.input<typeof configSchema>
