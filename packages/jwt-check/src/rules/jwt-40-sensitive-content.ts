import { claimsOf } from '../jose/jwt.ts'
import type { Json } from '../encoding/json.ts'
import { isJsonObject } from '../encoding/json.ts'
import type { Rule } from '../rule.ts'
import { eachHeader, type Note } from './each.ts'
import { sensitiveName, sensitiveValue } from './sensitive.ts'

/** What every holder of the JWT can read, and should not. */
export const sensitiveContent: Rule = {
  id: 'JWT-40',
  title: 'Sensitive content in a readable JWT',
  severity: 'warning',
  source: 'RFC 7519 §12; ASVS 14.1.1; RFC 10017 §9.1',
  why: 'Claims are encoded, not hidden: browsers, proxies and logs that see the JWT read them all.',
  remedy: 'Leave secrets and personal details out, hand over an opaque reference instead, or encrypt the JWT to its recipient.',
  check: (scene) =>
    eachHeader(scene, (header, { jwt }) => {
      const claims = claimsOf(jwt)
      return [
        ...walk(header, 'header', new Set(['jwk', 'epk', 'x5c'])),
        ...(claims === undefined ? [] : walk(claims, 'claims', new Set(['cnf']))),
      ]
    }),
}

function walk(value: Json, pointer: string, skipped: ReadonlySet<string>): readonly Note[] {
  if (isJsonObject(value)) {
    return Object.entries(value).flatMap(([name, member]) => {
      if (member === undefined || skipped.has(name)) return []
      return [...named(name, member, `${pointer}.${name}`), ...walk(member, `${pointer}.${name}`, skipped)]
    })
  }
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap((item, index) => walk(item, `${pointer}[${index}]`, skipped))
  return []
}

function named(name: string, member: Json, pointer: string): readonly Note[] {
  const values = Array.isArray(member) ? (member as readonly Json[]) : [member]
  const found = values.flatMap((value) =>
    typeof value === 'string' || typeof value === 'number' ? (sensitiveValue(String(value), name) ?? []) : [],
  )[0]
  const judged = found ?? (isJsonObject(member) ? undefined : sensitiveName(name))
  return judged === undefined ? [] : [{ pointer, severity: judged.severity, reason: `It looks like ${judged.what}.` }]
}
