import * as z from 'zod'
import { failingProbes } from '../failing-probes.ts'
import { type AdminEndpoint, endpoint, said } from './endpoint.ts'

const ms = z.number().describe('Milliseconds.')

/** The gateway itself: how it is, and what it was told to do. */
export const OVERVIEW: readonly AdminEndpoint[] = [
  endpoint({
    id: 'health',
    method: 'GET',
    path: '/health',
    callers: 'viewer',
    about: 'What `/healthz` says, for a page: which parts do not answer.',
    answer: z.object({ status: z.enum(['ok', 'failing']), failing: z.array(z.string()) }),
    run: async ({ parts }) => {
      const failing = await failingProbes(parts.probes, parts.later)
      return said({ status: failing.length === 0 ? ('ok' as const) : ('failing' as const), failing: [...failing] })
    },
  }),
  endpoint({
    id: 'showConfig',
    method: 'GET',
    path: '/config',
    callers: 'viewer',
    about: 'What the configuration in force says, as far as it is worth knowing here. No secret is in it, nor is one in the file.',
    answer: z.object({
      publicOrigin: z.string(),
      apis: z.array(
        z.object({
          name: z.string(),
          path: z.string(),
          upstream: z.string(),
          access: z.string(),
          allow: z.array(z.string()),
          credential: z.string().nullable(),
        }),
      ),
      site: z.boolean(),
      ownAccounts: z.boolean(),
      providers: z.array(z.string()),
      secondFactor: z.string().describe('Of visitors: `optional`, `required`, or the roles of whom it is demanded.'),
      sessions: z.object({ idleMs: ms, absoluteMs: ms, perAccount: z.int(), onLimit: z.string() }),
      guard: z.enum(['own-rules', 'default-rules', 'off']),
      sinks: z.array(z.string()),
      mail: z.boolean(),
    }),
    run: async ({ parts }) => {
      const { apis, site, ownAccounts, oidc, secondFactor, guard, audit, mail } = parts.config()
      const { publicOrigin, sessions } = parts.policy()
      return said({
        publicOrigin,
        apis: Object.entries(apis).map(([name, { path, upstream, access, allow, credential }]) => ({
          name,
          path,
          upstream,
          credential,
          access: accessText(access),
          allow: allow.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))),
        })),
        site: site !== null,
        ownAccounts,
        providers: Object.keys(oidc),
        secondFactor: typeof secondFactor === 'string' ? secondFactor : `roles ${secondFactor.roles.join(', ')}`,
        sessions: { ...sessions },
        guard: guard === null ? ('default-rules' as const) : guard === 'off' ? ('off' as const) : ('own-rules' as const),
        sinks: Object.keys(audit.sinks),
        mail: mail !== null,
      })
    },
  }),
]

function accessText(access: unknown): string {
  if (typeof access === 'string') return access
  return typeof access === 'object' && access !== null ? (Object.keys(access)[0] ?? '') : ''
}
