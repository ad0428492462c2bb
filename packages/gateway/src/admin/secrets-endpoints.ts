import * as z from 'zod'
import { auditEvent } from '../audit/event.ts'
import { namedUses } from '../account/named-uses.ts'
import { dayOf } from '../audit/credential-uses.ts'
import { ask } from '../store/ask.ts'
import { type AdminEndpoint, endpoint, refused, said } from './endpoint.ts'
import { moment, secretView, showSecret, stagedTimes, told } from './secret-view.ts'

const value = z.string().min(1).max(16_384).describe('Sealed at once; nothing shows it again.')
const overlap = z.string().max(20).default('24h').describe('How long the value before stays usable, as in 24h; 0s ends it at once.')

/** What the vault holds: never a value. */
export const SECRETS: readonly AdminEndpoint[] = [
  endpoint({
    id: 'listSecrets',
    method: 'GET',
    path: '/secrets',
    callers: 'viewer',
    about: 'What the vault holds: names, versions, where each may go, when it was used last. Never a value.',
    answer: z.object({ secrets: z.array(secretView) }),
    run: async (call) => {
      const held = await ask(() => call.parts.stores.holds.all())
      return said({ secrets: (await call.parts.vault.list()).map((each) => showSecret(call, each, held.get(each.name) ?? null)) })
    },
  }),
  endpoint({
    id: 'secretUses',
    method: 'GET',
    path: '/secrets/{name}/uses',
    callers: 'viewer',
    about:
      'Calls that a secret went out with, by route and account, the most frequent first: what depends on it, and for whom it was used.',
    query: z.strictObject({
      days: z.coerce.number().int().min(1).max(366).default(30).describe('Today is one. No more are kept than `decisions.keep` says.'),
      limit: z.coerce.number().int().min(1).max(1000).default(200),
    }),
    answer: z.object({
      uses: z.array(
        z.object({
          route: z.string(),
          via: z.enum(['account', 'machine-key', 'jwt']).nullable().describe('Null: a visitor without an account.'),
          name: z.string().nullable().describe('Null also of an account that is erased.'),
          count: z.int(),
          lastAt: moment,
        }),
      ),
    }),
    run: async ({ parts, params, query, at }) => {
      const name = params['name'] ?? ''
      if (!(await parts.vault.list()).some((each) => each.name === name)) return refused('not_found')
      const found = await namedUses(parts.stores, name, dayOf(at) - query.days + 1, query.limit)
      return said({ uses: found.map(({ lastAt, ...use }) => ({ ...use, lastAt: new Date(lastAt).toISOString() })) })
    },
  }),
  endpoint({
    id: 'rotateSecret',
    method: 'POST',
    path: '/secrets/{name}/rotate',
    callers: 'owner',
    change: true,
    grave: true,
    about:
      'Gives a credential its next value, whatever its kind but a key that signs: of an OAuth client its client secret, of a certificate both as one PEM text. Calls go on without a gap; with `notBefore` the value waits until then.',
    body: z.strictObject({ value, overlap, notBefore: moment.optional(), notAfter: moment.optional() }),
    answer: secretView,
    run: async (call) => {
      const times = stagedTimes(call.body)
      if (typeof times === 'string') return refused('admin_request_refused', times)
      const next = { value: Buffer.from(call.body.value), ...times }
      return await told(call, await call.parts.vault.rotate(call.params['name'] ?? '', next, call.at), 'secret.rotated')
    },
  }),
  endpoint({
    id: 'revokeSecret',
    method: 'POST',
    path: '/secrets/{name}/revoke',
    callers: 'owner',
    change: true,
    grave: true,
    about: 'Ends a credential or a key that signs at once and for good: its ciphertext is destroyed. Revoke it at its issuer, too.',
    body: z.strictObject({ version: z.int().min(1).optional().describe('This one only; left out: all.') }),
    answer: secretView,
    run: async (call) => {
      const name = call.params['name'] ?? ''
      const { version } = call.body
      const isKey = (await call.parts.vault.list()).some((each) => each.name === name && each.kind.is === 'signing-key')
      const outcome = await call.parts.vault.revoke(name, version ?? null, call.at)
      return await told(call, outcome, isKey ? 'key.revoked' : 'secret.revoked', { ended: version ?? 'all' })
    },
  }),
  endpoint({
    id: 'disableSecret',
    method: 'POST',
    path: '/secrets/{name}/disable',
    callers: 'operator',
    change: true,
    about: 'Uses a credential for no call of an API, until it is enabled. Nothing of it is lost.',
    answer: null,
    run: async ({ parts, params, at, reason, cause }) => {
      const name = params['name'] ?? ''
      if (!(await parts.vault.list()).some((each) => each.name === name)) return refused('not_found')
      if (!(await ask(() => parts.stores.holds.add({ credential: name, since: at, rule: null, reason }))))
        return refused('admin_conflict', 'It is disabled already.')
      await parts.audit.commit(auditEvent({ ...cause, kind: 'credential.disabled', target: name, reason }))
      return said(null)
    },
  }),
  endpoint({
    id: 'enableSecret',
    method: 'POST',
    path: '/secrets/{name}/enable',
    callers: 'owner',
    change: true,
    grave: true,
    about: 'Uses a credential again that a rule, or somebody, has disabled.',
    answer: null,
    run: async ({ parts, params, cause }) => {
      const name = params['name'] ?? ''
      if (!(await ask(() => parts.stores.holds.remove(name)))) return refused('admin_conflict', 'It is not disabled.')
      await parts.audit.commit(auditEvent({ ...cause, kind: 'credential.enabled', target: name }))
      return said(null)
    },
  }),
]
