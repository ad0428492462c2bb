import * as z from 'zod'
import { LETTER_LANGUAGES } from '../account/mail/templates.ts'
import { API_NAME } from './schema-api.ts'
import { parseSyslogTarget } from './syslog-target.ts'
import { duration, filePath, httpUrl } from './values.ts'

const YEARS_MS = 10 * 366 * 86_400_000
const kept = () => duration(86_400_000, YEARS_MS)

/** Where the owner's own systems hear of things. */
const endpoint = {
  url: httpUrl('Write where it listens, as in https://siem.example.com/cloakroom.').describe('Where to send to, with POST.'),
  credential: z
    .string()
    .nullable()
    .default(null)
    .describe('A credential of the vault for this origin, if the receiver demands one; placed as it was stored.'),
}

const sink = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({
      kind: z.literal('syslog'),
      to: z
        .string()
        .refine((text) => parseSyslogTarget(text) !== null, 'This is no syslog daemon’s address, as in udp://127.0.0.1:514')
        .describe('`udp://HOST:PORT`, `tcp://HOST:PORT`, `tls://HOST:PORT`, or `unix:///PATH` of a stream socket; RFC 5424.'),
    }),
    z.strictObject({ kind: z.literal('webhook'), ...endpoint }),
    z.strictObject({ kind: z.literal('otlp'), ...endpoint }),
  ],
  { error: 'A sink is of the kind syslog, webhook or otlp' },
)

/** The audit trail: how long, and where else. */
export const audit = z.strictObject({
  retention: z
    .strictObject({
      refusals: kept()
        .prefault('30d')
        .describe('Refused requests, throttled logins, anonymous visits: what strangers can cause in any number.'),
      signIns: kept().prefault('180d').describe('Logins, sessions and their ends, changed passwords.'),
      operation: kept().prefault('180d').describe('Starts, stops, failures of upstreams, certificates.'),
      changes: kept().prefault('730d').describe('Everything else: accounts, secrets, the configuration, the trail itself.'),
    })
    .prefault({})
    .describe('How long entries are kept; then they are deleted, and a signature stands for them.'),
  most: z
    .int()
    .min(1000)
    .max(100_000_000)
    .default(1_000_000)
    .describe('Entries at most, about 1 kB each; beyond it the oldest refusals go before their time.'),
  sinks: z
    .record(z.string().regex(API_NAME, 'A name is made of lower-case letters, digits and hyphens, at most 40'), sink)
    .refine((sinks) => !('store' in sinks) && !('file' in sinks), '`store` and `file` are names of the trail itself')
    .default({})
    .describe('Further places that get every event, by name: `kind: syslog` with `to`; `kind: webhook` or `kind: otlp` with `url`.'),
})

/** How mail leaves. */
export const mail = z.strictObject({
  smtp: z
    .string()
    .regex(/^smtps?:\/\/[A-Za-z0-9.-]+(?::\d{1,5})?$/, 'This is no mail server, as in smtp://mail.example.com:587')
    .describe('`smtp://HOST:PORT` (STARTTLS is demanded off this machine) or `smtps://HOST:PORT`.'),
  from: z
    .string()
    .regex(/^[^\s@<>]+@[^\s@<>]+$/, 'This is no mail address')
    .describe('The sender’s address.'),
  credential: z
    .string()
    .nullable()
    .default(null)
    .describe('The password, in the vault: `secret add NAME --origin https://HOST --place basic:USER`.'),
  recovery: z
    .boolean()
    .default(true)
    .describe('Let people replace a forgotten password through a link, where `account add --mail` says their address.'),
  notices: z
    .boolean()
    .default(true)
    .describe('Tell people by mail of new devices, sign-ins after wrong attempts, changed passwords and factors.'),
  language: z.enum(LETTER_LANGUAGES).default('en').describe('Of letters to those whose own language is not known yet: `en` or `de`.'),
  templates: filePath()
    .nullable()
    .default(null)
    .describe('A folder with letters of your own, as `cloakroom mail templates` writes them. What is not in it is built in.'),
})

/** Who is told when something happens that an owner must know. */
export const notify = z.strictObject({
  mail: z
    .array(z.string().regex(/^[^\s@<>]+@[^\s@<>]+$/, 'This is no mail address'))
    .default([])
    .describe('Addresses that get a mail; needs `mail`.'),
  webhook: z.strictObject(endpoint).nullable().default(null).describe('A place that gets it as JSON, signed.'),
  every: duration(10_000, 86_400_000)
    .prefault('10m')
    .describe('Of one topic at most one message in this time; what comes in between is counted in the next.'),
})
