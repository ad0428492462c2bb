import * as z from 'zod'
import { ask } from '../store/ask.ts'
import type { StoredEvent } from '../store/store.ts'
import { type AdminCall, type AdminEndpoint, adminOf, endpoint, said } from './endpoint.ts'

const eventView = z.object({
  seq: z.int(),
  kind: z.string(),
  at: z.string(),
  request: z.string().nullable(),
  actor: z.object({ via: z.string(), account: z.string().nullable(), session: z.string().nullable() }),
  address: z
    .string()
    .nullable()
    .describe(
      'Operators see it of what was refused or failed, owners of everything, viewers never (PRIV-04). Null is also: there is none.',
    ),
  target: z.string().nullable(),
  result: z.string(),
  reason: z.string().nullable(),
  rule: z.string().nullable(),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
})

const query = z.strictObject({
  kind: z.string().max(60).optional().describe('As in login.failed.'),
  account: z.string().max(128).optional().describe('Of whom: the actor’s name.'),
  request: z.string().max(60).optional(),
  before: z.coerce.number().int().min(1).optional().describe('Only entries with a smaller number: `next` of the page before.'),
  limit: z.coerce.number().int().min(1).max(500).default(100),
})

/** The audit trail. */
export const AUDIT: readonly AdminEndpoint[] = [
  endpoint({
    id: 'readAudit',
    method: 'GET',
    path: '/audit',
    callers: 'viewer',
    about: 'The audit trail, the newest first, in pages.',
    query,
    answer: z.object({
      events: z.array(eventView),
      next: z.int().nullable().describe('Goes into `before`; null: this was the last page.'),
    }),
    run: async (call) => {
      const { kind, account, request, before, limit } = call.query
      const found = await ask(() =>
        call.parts.stores.audit.read({
          limit: limit + 1,
          ...(kind === undefined ? {} : { kind }),
          ...(account === undefined ? {} : { account }),
          ...(request === undefined ? {} : { request }),
          ...(before === undefined ? {} : { before }),
        }),
      )
      const page = found.slice(0, limit)
      return said({ events: page.map((event) => show(call, event)), next: found.length > limit ? (page.at(-1)?.seq ?? null) : null })
    },
  }),
  endpoint({
    id: 'exportAudit',
    method: 'GET',
    path: '/audit/chain',
    callers: 'owner',
    about:
      'The trail with its chain, oldest first: the `entry` lines of `cloakroom audit export`. From `last` of the page before on; an empty page is the end.',
    query: z.strictObject({
      after: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(1000).default(1000),
    }),
    answer: z.object({ entries: z.array(z.looseObject({ seq: z.int() })), last: z.int() }),
    run: async ({ parts, query: { after, limit } }) => {
      const entries = await ask(() => parts.stores.audit.chain(after, limit))
      return said({ entries: entries.map((entry) => ({ ...entry })), last: entries.at(-1)?.seq ?? after })
    },
  }),
  endpoint({
    id: 'auditSignatures',
    method: 'GET',
    path: '/audit/signatures',
    callers: 'owner',
    about: 'What is signed over the chain, and the public key that it is checked with: the other lines of an export.',
    answer: z.object({
      publicKey: z.string(),
      heads: z.array(z.looseObject({ seq: z.int() })),
      cuts: z.array(z.looseObject({ seq: z.int() })),
    }),
    run: async ({ parts }) => {
      const { heads, cuts } = await ask(() => parts.stores.audit.signatures())
      return said({ publicKey: parts.auditPublicKey, heads: heads.map((head) => ({ ...head })), cuts: cuts.map((cut) => ({ ...cut })) })
    },
  }),
]

/** Where somebody is who did nothing wrong is for the owner alone. */
function show(call: AdminCall, event: StoredEvent): z.output<typeof eventView> {
  const { role } = adminOf(call)
  const isSeen = role === 'owner' || (role === 'operator' && event.result !== 'ok')
  return { ...event, actor: { ...event.actor }, detail: { ...event.detail }, address: isSeen ? event.address : null }
}
