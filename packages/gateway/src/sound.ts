import { Duplex } from 'node:stream'
import type { Answer, BodySource } from './answer.ts'
import type { Clearance } from './decide/challenge.ts'
import type { Count, Hit } from './decide/counters.ts'
import type { HeaderField } from './decide/headers.ts'
import type { MachineKey } from './decide/machine-key.ts'
import { Secret } from './decide/secret.ts'
import type { Claim, Visit } from './decide/session.ts'
import type { OpenCredential, OpenSigner, UpstreamAnswer } from './parts.ts'

/*
 * Is what a part answered what its type says? The compiler knows our own parts; a store that is broken, a newer schema or an embedding
 * program's part can say anything, and `NaN >= limit` is false: without these a nonsense time would be a session without an end.
 */

/** A session with times that can be compared. */
export function isClaim(value: unknown): value is Claim {
  if (!isRecord(value) || !isRecord(value['session']) || !isRecord(value['standing'])) return false
  const { session, standing } = value
  const { revoked } = session
  return (
    typeof session['id'] === 'string' &&
    typeof session['account'] === 'string' &&
    typeof session['name'] === 'string' &&
    isCount(session['generation']) &&
    isTime(session['authenticatedAt']) &&
    isTime(session['seenAt']) &&
    areFactors(session['factors']) &&
    isCount(standing['generation']) &&
    Array.isArray(standing['roles']) &&
    standing['roles'].every(isText) &&
    (revoked === null || (isRecord(revoked) && typeof revoked['because'] === 'string'))
  )
}

function areFactors(value: unknown): boolean {
  return Array.isArray(value) && value.every((factor) => isRecord(factor) && isText(factor['kind']) && isTime(factor['at']))
}

export function isVisit(value: unknown): value is Visit {
  return isRecord(value) && typeof value['id'] === 'string' && value['id'] !== '' && isTime(value['startedAt'])
}

/** With times and a limit that can be compared. */
export function isMachineKey(value: unknown): value is MachineKey {
  if (!isRecord(value)) return false
  const { id, scopes, roles, limit, from } = value
  const isMoment = (name: string): boolean => value[name] === null || isTime(value[name])
  return (
    typeof id === 'string' &&
    Array.isArray(scopes) &&
    Array.isArray(roles) &&
    roles.every(isText) &&
    Array.isArray(from) &&
    isRecord(limit) &&
    [limit['max'], limit['perMs'], limit['burst']].every((number) => isTime(number) && number !== 0) &&
    ['expiresAt', 'revokedAt', 'lastUsedAt'].every(isMoment)
  )
}

/** A refusal, or a bearer of this issuer with times that can be compared. */
export function isBearerOutcome(value: unknown, issuer: string): boolean {
  if (!isRecord(value)) return false
  if (value['kind'] === 'refused') return typeof value['why'] === 'string'
  const { bearer } = value
  if (value['kind'] !== 'good' || !isRecord(bearer)) return false
  const { scope } = bearer
  const texts = typeof bearer['subject'] === 'string' && (bearer['id'] === null || typeof bearer['id'] === 'string')
  const times = isTime(bearer['issuedAt']) && isTime(bearer['expiresAt'])
  return bearer['issuer'] === issuer && texts && times && Array.isArray(scope) && scope.every(isText)
}

/** What a pass opens, with times that can be compared. */
export function areClearances(value: unknown): value is readonly Clearance[] {
  return (
    Array.isArray(value) &&
    value.every((each) => isRecord(each) && isText(each['route']) && isText(each['difficulty']) && isTime(each['until']))
  )
}

export function isChallenge(value: unknown): boolean {
  return isRecord(value) && isRecord(value['parameters']) && isText(value['signature']) && isText(value['clearAt'])
}

/** An answer to these very hits, in their order. */
export function areCounts(value: unknown, hits: readonly Hit[]): value is readonly Count[] {
  if (!Array.isArray(value) || value.length !== hits.length) return false
  return hits.every((hit, at) => {
    const count: unknown = value[at]
    return (
      isRecord(count) &&
      count['key'] === hit.key &&
      typeof count['over'] === 'boolean' &&
      isTime(count['retryAfterMs']) &&
      (hit.signal === undefined || isTime(count['count']))
    )
  })
}

/** With at least one needle: a credential that nobody looks for in the answer is not used. */
export function isCredential(value: unknown): value is OpenCredential {
  if (!isRecord(value)) return false
  const { needles, origins, placement } = value
  return (
    isRecord(placement) &&
    typeof placement['kind'] === 'string' &&
    KINDS.has(placement['kind']) &&
    value['secret'] instanceof Secret &&
    Array.isArray(origins) &&
    origins.every(isText) &&
    Array.isArray(needles) &&
    needles.length > 0 &&
    needles.every((needle) => needle instanceof Uint8Array) &&
    typeof value['release'] === 'function'
  )
}

export function isSigner(value: unknown): value is OpenSigner {
  if (!isRecord(value) || !isRecord(value['key']) || !Array.isArray(value['origins'])) return false
  const { keyid, sign } = value['key']
  return isText(keyid) && keyid !== '' && typeof sign === 'function' && value['origins'].every(isText)
}

const KINDS: ReadonlySet<string> = new Set(['bearer', 'header', 'query', 'basic'])

export function isAnswer(value: unknown): value is Answer {
  if (!isRecord(value) || !isStatus(value['status']) || !areFields(value['headers'])) return false
  const { body } = value
  return body === null || body instanceof Uint8Array || isBodySource(body)
}

export function isUpstreamAnswer(value: unknown): value is UpstreamAnswer {
  if (!isRecord(value) || !areFields(value['headers']) || !isBodySource(value['body'])) return false
  return isStatus(value['status']) || (value['status'] === 101 && value['upgraded'] instanceof Duplex)
}

/** A final status (RFC 9110 §15). */
function isStatus(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 200 && Number(value) <= 599
}

function areFields(value: unknown): value is readonly HeaderField[] {
  if (!Array.isArray(value)) return false
  for (const field of value as readonly unknown[]) if (!Array.isArray(field) || !isText(field[0]) || !isText(field[1])) return false
  return true
}

function isBodySource(value: unknown): value is BodySource {
  if (!isRecord(value)) return false
  const { length } = value
  const methods = typeof value['start'] === 'function' && typeof value['resume'] === 'function' && typeof value['cancel'] === 'function'
  return methods && (length === null || isCount(length))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

/** Milliseconds; fractions are fine. */
function isTime(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}
