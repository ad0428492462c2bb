import type { Json } from '../encoding/json.ts'
import type { Rule } from '../rule.ts'
import { eachClaims } from './each.ts'

/** Above this many seconds a date is in milliseconds: it would be the year 5138. */
const millisecondsFrom = 1e11

/** Dates are numbers of seconds since 1970, and nothing else. */
export const numericDate: Rule = {
  id: 'JWT-19',
  title: 'Date is not a NumericDate',
  severity: 'error',
  source: 'RFC 7519 §2, §4.1.4-4.1.6',
  why: 'Verifiers compare strings, milliseconds and huge numbers each in their own way; some read them as "never expires".',
  remedy: 'Write whole seconds since 1970 as a JSON number: Math.floor(Date.now() / 1000).',
  check: (scene) =>
    eachClaims(scene, (claims) =>
      ['exp', 'nbf', 'iat', 'auth_time', 'updated_at'].flatMap((name) => {
        const fault = dateFault(claims[name])
        return fault === undefined ? [] : [{ pointer: `claims.${name}`, reason: `${name} is ${fault}.` }]
      }),
    ),
}

function dateFault(value: Json | undefined): string | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'number') return value === null ? 'null' : `a ${Array.isArray(value) ? 'list' : typeof value}, not a number`
  if (!Number.isFinite(value) || value > Number.MAX_SAFE_INTEGER) return 'beyond the safe range of numbers'
  if (value < 0) return 'negative'
  return value >= millisecondsFrom ? 'in milliseconds, it seems; seconds are required' : undefined
}
