import * as z from 'zod'
import { auditEvent } from '../audit/event.ts'
import { denyJwt, jwtIssuers } from '../session/deny-jwts.ts'
import { ask } from '../store/ask.ts'
import { type AdminEndpoint, endpoint, refused, said } from './endpoint.ts'

/** JWTs of other issuers. */
export const JWTS: readonly AdminEndpoint[] = [
  endpoint({
    id: 'denyJwt',
    method: 'POST',
    path: '/jwts/deny',
    callers: 'operator',
    change: true,
    about: 'One JWT counts no more, by its `jti`; or all that were made for a subject until now.',
    body: z.strictObject({ what: z.enum(['jti', 'subject']), value: z.string().min(1).max(500) }),
    answer: z.object({ issuers: z.array(z.string()).describe('Of these it is denied.') }),
    run: async ({ parts, body: { what, value }, at, cause }) => {
      const issuers = jwtIssuers(parts.config())
      if (issuers.size === 0) return refused('admin_conflict', 'No API here takes JWTs.')
      for (const [issuer, longestMs] of issuers) {
        await ask(() => denyJwt(at, issuer, longestMs, { what, value }, parts.stores.denials))
        await parts.audit.commit(auditEvent({ ...cause, kind: 'jwt.revoked', target: value, detail: { issuer, what } }))
      }
      return said({ issuers: [...issuers.keys()] })
    },
  }),
]
