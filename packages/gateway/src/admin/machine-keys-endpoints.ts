import * as z from 'zod'
import { parseScope } from '../account/machine-keys.ts'
import { auditEvent } from '../audit/event.ts'
import { parseAllow } from '../config/allow.ts'
import { parseRange } from '../decide/ip.ts'
import { ask } from '../store/ask.ts'
import type { MachineKeyRow } from '../store/store.ts'
import { type AdminCall, type AdminEndpoint, endpoint, refused, type Said, said } from './endpoint.ts'

const moment = z.iso.datetime()

const keyView = z.object({
  id: z.string().describe('The key’s public part, as in the logs.'),
  name: z.string(),
  scopes: z.array(z.string()),
  roles: z.array(z.string()),
  from: z.array(z.string()),
  calls: z.int(),
  perMs: z.int(),
  createdAt: moment,
  expiresAt: moment.nullable(),
  revokedAt: moment.nullable(),
  lastUsedAt: moment.nullable(),
})

const newKey = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/, 'Use letters, digits, dots, hyphens and underscores, at most 64'),
  allow: z.array(z.string().max(300)).min(1).max(100).describe('What it may call, as `shop: GET /orders/**`.'),
  roles: z
    .array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/, 'That is not the name of a role'))
    .max(50)
    .default([]),
  from: z.array(z.string().max(60)).max(100).default([]).describe('Addresses and ranges that it may come from; empty: any.'),
  calls: z.int().min(1).max(1_000_000_000).default(600).describe('So many calls …'),
  perMs: z.int().min(1000).max(86_400_000).default(60_000).describe('… within so many milliseconds.'),
  expiresAt: moment.nullable().describe('Null: it does not expire.'),
})

/** Keys of programs. */
export const MACHINE_KEYS: readonly AdminEndpoint[] = [
  endpoint({
    id: 'listMachineKeys',
    method: 'GET',
    path: '/machine-keys',
    callers: 'viewer',
    about: 'The keys of programs: what each may call, until when, and when it was used last.',
    answer: z.object({ machineKeys: z.array(keyView) }),
    run: async ({ parts }) => said({ machineKeys: (await ask(() => parts.stores.machineKeys.list())).map(show) }),
  }),
  endpoint({
    id: 'addMachineKey',
    method: 'POST',
    path: '/machine-keys',
    callers: 'owner',
    change: true,
    grave: true,
    about: 'Makes a key. It is in this one answer; the store keeps only a hash of it.',
    body: newKey,
    answer: keyView.extend({ key: z.string() }),
    run: add,
  }),
  endpoint({
    id: 'revokeMachineKey',
    method: 'POST',
    path: '/machine-keys/{key}/revoke',
    callers: 'operator',
    change: true,
    about: 'Ends a key for good, by its id: refused from the next call on, its streams within a second.',
    answer: null,
    run: async ({ parts, params, at, cause }) => {
      const found = await ask(() => parts.stores.machineKeys.find(params['key'] ?? ''))
      if (found === null || !(await ask(() => parts.stores.machineKeys.revoke(found.id, at)))) return refused('not_found')
      await parts.audit.commit(auditEvent({ ...cause, kind: 'machine_key.revoked', target: found.name, detail: { id: found.id } }))
      return said(null)
    },
  }),
]

async function add(call: AdminCall<unknown, z.output<typeof newKey>>): Promise<Said<z.output<typeof keyView> & { key: string }>> {
  const { parts, body, at, cause } = call
  const { name, roles, from, calls, perMs } = body
  const apis = parts.config().apis
  for (const line of body.allow) {
    const allowed = parseAllow(line.slice(line.indexOf(':') + 1))
    if (allowed.kind === 'refused') return refused('admin_request_refused', `allow: ${allowed.text} ${allowed.fix}`)
    const scope = parseScope(line)
    if (scope === null || apis[scope.api] === undefined)
      return refused(
        'admin_request_refused',
        `allow: begin each line with one of ${Object.keys(apis).join(', ')}, as in \`shop: GET /orders/**\`.`,
      )
  }
  if (from.some((range) => parseRange(range) === null))
    return refused('admin_request_refused', 'from: write each as 203.0.113.7, 203.0.113.0/24 or 2001:db8::/48.')
  const expiresAt = body.expiresAt === null ? null : Date.parse(body.expiresAt)
  if (expiresAt !== null && expiresAt <= at) return refused('admin_request_refused', 'expiresAt: that is over.')
  const scopes = body.allow.map((line) => line.trim())
  const made = await parts.machineKeys.add({ name, scopes, roles, from, max: calls, perMs, expiresAt }, at)
  if (made === null) return refused('admin_conflict', `There is a key ${name} already. Choose another name, or revoke it first.`)
  await parts.audit.commit(
    auditEvent({ ...cause, kind: 'machine_key.added', target: name, detail: { id: made.row.id, scopes: scopes.join(', ') } }),
  )
  return said({ ...show(made.row), key: made.key })
}

function show(row: MachineKeyRow): z.output<typeof keyView> {
  const maybe = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString())
  return {
    id: row.id,
    name: row.name,
    scopes: [...row.scopes],
    roles: [...row.roles],
    from: [...row.from],
    calls: row.max,
    perMs: row.perMs,
    createdAt: new Date(row.createdAt).toISOString(),
    expiresAt: maybe(row.expiresAt),
    revokedAt: maybe(row.revokedAt),
    lastUsedAt: maybe(row.lastUsedAt),
  }
}
