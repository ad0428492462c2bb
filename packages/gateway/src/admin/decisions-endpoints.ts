import * as z from 'zod'
import { adviceOn, decidingRule } from '../explain/advice.ts'
import { explain } from '../explain/explain.ts'
import { ask } from '../store/ask.ts'
import { type AdminEndpoint, endpoint, refused, said } from './endpoint.ts'

/** Why a request was refused. */
export const DECISIONS: readonly AdminEndpoint[] = [
  endpoint({
    id: 'explain',
    method: 'GET',
    path: '/decisions/{request}',
    callers: 'operator',
    about: 'Why a request was refused, by the identifier that the visitor was shown, and what would let it through.',
    answer: z.object({
      request: z.string(),
      at: z.iso.datetime(),
      verdict: z.enum(['refused', 'passed']),
      status: z.int(),
      code: z.string().nullable(),
      method: z.string(),
      path: z.string(),
      route: z.string().nullable(),
      rule: z.string().nullable().describe('The rule that decided; null: none did.'),
      steps: z.array(z.string()),
      toPass: z.string().nullable(),
      text: z.string().describe('All of it for a person, as `cloakroom explain` says it.'),
    }),
    run: async ({ parts, params }) => {
      const record = await ask(() => parts.stores.decisions.find(params['request'] ?? ''))
      if (record === null) return refused('not_found', 'Refusals are kept for `decisions.keep`; passed requests are not kept.')
      const { request, verdict, status, code, method, path, route, steps } = record
      const policy = parts.policy()
      return said({
        request,
        verdict,
        status,
        code,
        method,
        path,
        route,
        at: new Date(record.at).toISOString(),
        rule: decidingRule(record)?.rule ?? null,
        steps: [...steps],
        toPass: adviceOn(record, policy),
        text: explain(record, policy),
      })
    },
  }),
]
