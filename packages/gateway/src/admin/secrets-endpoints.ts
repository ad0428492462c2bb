import * as z from 'zod'
import { auditEvent, type EventParts } from '../audit/event.ts'
import { parseDuration } from '../config/units.ts'
import { parsePlacement } from '../decide/credential.ts'
import { ask } from '../store/ask.ts'
import type { Hold } from '../store/holds.ts'
import type { CredentialView, VaultOutcome } from '../vault/outcome.ts'
import { makeSigningKey } from '../vault/signing-key.ts'
import { type AdminCall, type AdminEndpoint, adminOf, endpoint, refused, type Said, said } from './endpoint.ts'

const moment = z.iso.datetime()
const value = z.string().min(1).max(16_384).describe('Sealed at once; nothing shows it again.')
const overlap = z.string().max(20).default('24h').describe('How long the value before stays usable, as in 24h; 0s ends it at once.')

const secretView = z.object({
  name: z.string(),
  kind: z.enum(['secret', 'window', 'oauth', 'client-certificate', 'signing-key']),
  placement: z.string().nullable(),
  origins: z.array(z.string()).describe('The only places where it may go.'),
  disabled: z.object({ since: moment, rule: z.string().nullable(), reason: z.string().nullable() }).nullable(),
  versions: z.array(
    z.object({
      version: z.int(),
      state: z.string(),
      fingerprint: z.string().nullable().describe('A keyed hash; for owners only.'),
      lastFour: z.string().nullable().describe('For owners only.'),
      notBefore: moment.nullable(),
      notAfter: moment.nullable(),
      createdAt: moment,
      lastUsedAt: moment.nullable(),
    }),
  ),
})

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
      return said({ secrets: (await call.parts.vault.list()).map((each) => show(call, each, held.get(each.name) ?? null)) })
    },
  }),
  endpoint({
    id: 'addSecret',
    method: 'POST',
    path: '/secrets',
    callers: 'owner',
    change: true,
    grave: true,
    about: 'Seals a secret in the vault, together with where it may be sent and how.',
    body: z.strictObject({
      name: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'Use at most 40 lower-case letters, digits and hyphens, beginning with a letter'),
      value,
      placement: z.string().max(100).describe('As in bearer, header:x-api-key, query:key or basic:user.'),
      origins: z.array(z.string().max(300)).min(1).max(20),
      notAfter: moment.optional(),
    }),
    answer: secretView,
    run: async (call) => {
      const { name, origins, notAfter } = call.body
      const placement = parsePlacement(call.body.placement)
      if (placement === null) return refused('admin_request_refused', 'placement: write bearer, header:NAME, query:NAME or basic:USER.')
      const ends = notAfter === undefined ? null : Date.parse(notAfter)
      const wish = { value: Buffer.from(call.body.value), placement, origins, notAfter: ends }
      return await told(call, await call.parts.vault.add(name, wish, call.at), 'secret.added')
    },
  }),
  endpoint({
    id: 'rotateSecret',
    method: 'POST',
    path: '/secrets/{name}/rotate',
    callers: 'owner',
    change: true,
    grave: true,
    about: 'Gives a credential its next value. Calls go on without a gap.',
    body: z.strictObject({ value, overlap, notAfter: moment.optional() }),
    answer: secretView,
    run: async (call) => {
      const retireAfterMs = parseDuration(call.body.overlap)
      if (retireAfterMs === null) return refused('admin_request_refused', OVERLAP)
      const notAfter = call.body.notAfter === undefined ? null : Date.parse(call.body.notAfter)
      const next = { value: Buffer.from(call.body.value), notAfter, retireAfterMs }
      return await told(call, await call.parts.vault.rotate(call.params['name'] ?? '', next, call.at), 'secret.rotated')
    },
  }),
  endpoint({
    id: 'rotateSigningKey',
    method: 'POST',
    path: '/signing-keys/{name}/rotate',
    callers: 'owner',
    change: true,
    grave: true,
    about:
      'Makes the next version of a key that signs: published at once, used after `publishFirst`. Shared keys are rotated on the machine.',
    body: z.strictObject({ publishFirst: z.string().max(20).default('24h'), overlap: z.string().max(20).default('1h') }),
    answer: secretView,
    run: rotateSigningKey,
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

const OVERLAP = 'Write a time as a number and its unit, as in 24h or 0s.'

type KeyTimes = AdminCall<unknown, { readonly publishFirst: string; readonly overlap: string }>

async function rotateSigningKey(call: KeyTimes): Promise<Said<z.output<typeof secretView>>> {
  const { parts, at, body, params } = call
  const first = parseDuration(body.publishFirst)
  const retireAfterMs = parseDuration(body.overlap)
  if (first === null || retireAfterMs === null) return refused('admin_request_refused', OVERLAP)
  const name = params['name'] ?? ''
  const kind = (await parts.vault.list()).find((each) => each.name === name)?.kind
  if (kind?.is !== 'signing-key') return refused('not_found')
  if (kind.algorithm === 'hmac-sha256')
    return refused('admin_conflict', 'The API has to get the new shared secret: cloakroom signing-key rotate')
  const made = makeSigningKey(kind.algorithm, parts.random)
  const next = { is: 'signing-key', value: made, notBefore: first === 0 ? null : at + first, retireAfterMs } as const
  return await told(call, await parts.vault.rotate(name, next, at), 'key.rotated')
}

type VaultKind = 'secret.added' | 'secret.rotated' | 'secret.revoked' | 'key.rotated' | 'key.revoked'

async function told(
  call: AdminCall,
  outcome: VaultOutcome,
  kind: VaultKind,
  more: EventParts['detail'] = {},
): Promise<Said<z.output<typeof secretView>>> {
  if (outcome.kind === 'refused') {
    if (outcome.code === 'name_unknown' || outcome.code === 'version_unknown') return refused('not_found', outcome.text)
    return refused(outcome.code === 'name_exists' ? 'admin_conflict' : 'admin_request_refused', outcome.text)
  }
  const { credential } = outcome
  const detail = { version: credential.versions[0]?.version ?? 0, origins: credential.origins.join(' '), ...more }
  await call.parts.audit.commit(auditEvent({ ...call.cause, kind, target: credential.name, detail }))
  const held = await ask(() => call.parts.stores.holds.all())
  return said(show(call, credential, held.get(credential.name) ?? null))
}

function show(
  call: AdminCall,
  { name, kind, placement, origins, versions }: CredentialView,
  hold: Hold | null,
): z.output<typeof secretView> {
  const isOwner = adminOf(call).role === 'owner'
  const maybe = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString())
  return {
    name,
    kind: kind.is,
    placement,
    origins: [...origins],
    disabled: hold === null ? null : { since: new Date(hold.since).toISOString(), rule: hold.rule, reason: hold.reason },
    versions: versions.map((each) => ({
      version: each.version,
      state: each.state,
      fingerprint: isOwner ? each.fingerprint : null,
      lastFour: isOwner ? each.lastFour : null,
      notBefore: maybe(each.notBefore),
      notAfter: maybe(each.notAfter),
      createdAt: new Date(each.createdAt).toISOString(),
      lastUsedAt: maybe(each.lastUsedAt),
    })),
  }
}
