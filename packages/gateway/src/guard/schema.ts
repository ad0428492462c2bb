import * as z from 'zod'
import { duration, filePath } from '../config/values.ts'

const NAME = /^[a-z][a-z0-9_]{0,39}$/
const LABEL = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
/** `when: true` is a boolean to YAML and a condition to its author. */
const condition = () =>
  z.preprocess((value) => (typeof value === 'boolean' ? String(value) : value), z.string().min(1, 'A condition cannot be empty'))

const KEY_PARTS = ['ip.addr', 'ip.net', 'ip.site', 'visit', 'session', 'account', 'route', 'api', 'actor'] as const
const keyPart = z.preprocess((value) => (typeof value === 'string' ? value.replace(/\.(?:id|name)$/, '') : value), z.enum(KEY_PARTS))
const key = z.union([keyPart.transform((part) => [part]), z.array(keyPart).min(1).max(4)])

const list = z
  .strictObject({
    cidr: z.array(z.string()).optional().describe('Addresses and ranges, IPv4 and IPv6.'),
    glob: z.array(z.string()).optional().describe('Paths: `*` stands for any characters of one segment, `**` for any segments.'),
    text: z.array(z.string()).optional().describe('Texts, as they are.'),
    asn: z
      .array(z.union([z.int(), z.string()]))
      .optional()
      .describe('Numbers of networks, as in 64500.'),
    never_banned: z.boolean().default(false).describe('Of addresses (`cidr`): no rule bans whoever comes from one of them.'),
    file: filePath().optional().describe('More entries of the same kind, one a line; `#` begins a comment. Read again when it changes.'),
  })
  .refine((value) => [value.cidr, value.glob, value.text, value.asn].filter((entries) => entries !== undefined).length === 1, {
    message: 'A list is of exactly one kind: cidr, glob, text or asn',
  })
  .refine((value) => !value.never_banned || value.cidr !== undefined, { message: '`never_banned` belongs to a list of addresses (`cidr`)' })

const decoy = z
  .strictObject({
    sample: filePath()
      .optional()
      .describe(
        'A recorded answer: JSON, or a text in a file that ends in .txt, .env, .csv or .xml; at most 256 KiB. Take out what is real.',
      ),
    openapi: filePath().optional().describe('An OpenAPI 3 document: what a GET of each of its paths could answer.'),
  })
  .refine(({ sample, openapi }) => (sample === undefined) !== (openapi === undefined), {
    message: 'A decoy is made from either a sample or an OpenAPI document',
  })

const signal = z
  .strictObject({
    on: z
      .enum(['request', 'response', 'event', 'decision'])
      .describe('What it counts: requests, answers, events of the audit trail, or the points of `score`.'),
    when: condition().optional().describe('Which of them; left out, all.'),
    key: key.describe(
      'What is counted apart: `ip.addr`, `ip.net`, `ip.site`, `visit`, `session`, `account`, `route`, `api`, `actor`, or a list of them.',
    ),
    gcra: z
      .strictObject({ max: z.number().positive().max(1e9), per: duration(100), burst: z.int().min(1).max(1e9).optional() })
      .optional()
      .describe('`burst` at once (`max` when left out), then `max` per time, evenly. What is over does not count.'),
    leaky: z
      .strictObject({ capacity: z.int().min(1).max(1000), leak: z.string(), distinct: condition().optional() })
      .optional()
      .describe('A bucket that loses one at a time (`leak: 1/10s`); with `distinct`, a value that is in it does not count again.'),
    distinct: z
      .strictObject({ of: condition(), max: z.int().min(1).max(1000), per: duration(100) })
      .optional()
      .describe('How many different values within the time.'),
    decay: z.strictObject({ half_life: duration(), max: z.number().positive().optional() }).optional().describe('Halves in that time.'),
    sum: z
      .strictObject({ of: condition().optional(), per: duration(100), max: z.number().positive().optional() })
      .optional()
      .describe('The sum within the time, sliding; of ones when `of` is left out: X requests within N.'),
    blackhole: duration().optional().describe('With `leaky`: over for that long after it overflowed.'),
    max_keys: z.int().min(1).max(10_000_000).default(100_000).describe('Keys at once; beyond it those that would be forgotten first go.'),
  })
  .refine(
    (value) => [value.gcra, value.leaky, value.distinct, value.decay, value.sum].filter((meter) => meter !== undefined).length === 1,
    {
      message: 'A signal counts in exactly one way: gcra, leaky, distinct, decay or sum',
    },
  )

const mode = z.string().transform((text, ctx) => {
  if (text === 'off' || text === 'shadow' || text === 'enforce') return { kind: text } as const
  const percent = /^canary\((\d{1,3})%\)$/.exec(text)?.[1]
  if (percent !== undefined && Number(percent) <= 100) return { kind: 'canary', percent: Number(percent) } as const
  ctx.issues.push({
    code: 'custom',
    message: 'This is not a mode',
    params: { fix: 'Write off, shadow, canary(25%) or enforce.' },
    input: text,
  })
  return z.NEVER
})

/** Actions are read by actions.ts: their shape depends on their kind. */
const actions = z.union([z.record(z.string(), z.unknown()), z.array(z.record(z.string(), z.unknown())).min(1)])

const rule = z.strictObject({
  id: z
    .string()
    .regex(LABEL, 'An id is made of letters, digits, dots, hyphens and underscores, at most 64')
    .describe('Its name in evidence, audit and metrics.'),
  mode: mode.default({ kind: 'enforce' }).describe('`off`, `shadow` (says what it would do, does nothing), `canary(25%)` or `enforce`.'),
  owner: z.string().max(100).optional().describe('Who answers for it.'),
  review_by: z.union([z.string(), z.date()]).optional().describe('When somebody looks at it again, as in 2027-01-15.'),
  since: z.union([z.string(), z.date()]).optional().describe('Since when it is in shadow; `guard lint` reminds after 30 days.'),
  phase: z.enum(['request', 'response', 'event']).default('request').describe('When it is judged.'),
  when: condition().describe('Its condition.'),
  // oxlint-disable-next-line unicorn/no-thenable
  then: actions.describe('What it does: one action, or a list.'),
  on_unknown: z.enum(['act', 'skip']).default('act').describe('When the condition cannot be answered.'),
  store_down: z
    .enum(['local', 'refuse'])
    .default('refuse')
    .describe('When the store cannot say what its signals are: count in this process alone, or refuse with 503.'),
  limits: z
    .strictObject({
      methods: z
        .array(z.string().regex(/^[A-Z]+$/, 'Methods are written in upper case'))
        .min(1)
        .optional(),
      never_if: condition().optional(),
      session_share: z
        .string()
        .regex(/^\d{1,2}%$/, 'Write a share as in 10%')
        .transform((text) => Number(text.slice(0, -1)) / 100)
        .optional(),
    })
    .prefault({})
    .describe(
      '`methods` and `never_if`: what it must never touch. `session_share: 10%`: when it hits more of the sessions, it goes to shadow by itself.',
    ),
})

const asWhom = z.strictObject({
  session: z.string().optional(),
  account: z.string().optional(),
  authenticated: z.boolean().optional(),
  roles: z.array(z.string()).optional(),
  ip: z.string().optional(),
  age: duration(0).optional(),
  mfa_age: duration(0).optional(),
})
const request = z.record(z.string(), z.unknown())
const expectation = z.union([
  z.literal('allow'),
  z.strictObject({
    action: z.string().optional(),
    not_action: z.string().optional(),
    rule: z.string().optional(),
    shadow: z.string().optional(),
  }),
])
const test = z.strictObject({
  name: z.string().min(1),
  as: asWhom.optional(),
  repeat: z
    .strictObject({ n: z.int().min(1).max(100_000), every: duration(0).optional(), request, expect: expectation.optional() })
    .optional(),
  // oxlint-disable-next-line unicorn/no-thenable
  then: z.strictObject({ after: duration(0).optional(), as: asWhom.optional(), request, expect: expectation }).optional(),
  request: request.optional(),
  expect: expectation.optional(),
})

/** guard.yaml. The reference page is generated from it. */
export const guardSchema = z.strictObject({
  version: z.literal(1).describe('Of the language and its facts: 1.'),
  geo: z
    .strictObject({
      country: filePath().optional().describe('A database of countries in MaxMind’s format (.mmdb), for `ip.country`.'),
      asn: filePath().optional().describe('A database of network operators (.mmdb), for `ip.asn`.'),
    })
    .prefault({})
    .describe('Databases of your own.'),
  defaults: z.boolean().default(true).describe('The rules that come with the gateway, after yours; `false` leaves them out.'),
  lists: z
    .record(z.string().regex(NAME, 'A name is made of lower-case letters, digits and underscores'), list)
    .prefault({})
    .describe('What conditions can ask for membership.'),
  signals: z
    .record(z.string().regex(NAME, 'A name is made of lower-case letters, digits and underscores'), signal)
    .prefault({})
    .describe('What is counted.'),
  decoys: z
    .record(z.string().regex(LABEL, 'A name is made of letters, digits, dots, hyphens and underscores, at most 64'), decoy)
    .prefault({})
    .describe('What `decoy` answers with, by the name of the profile.'),
  rules: z.array(rule).prefault([]).describe('In order; the first answer wins.'),
  tests: z.array(test).prefault([]).describe('What `cloakroom guard test` runs under a clock of its own.'),
})

export type GuardFile = z.output<typeof guardSchema>
export type SignalEntry = GuardFile['signals'][string]
export type ListEntry = GuardFile['lists'][string]
export type DecoyEntry = GuardFile['decoys'][string]
export type RuleEntry = GuardFile['rules'][number]
export type TestEntry = GuardFile['tests'][number]
