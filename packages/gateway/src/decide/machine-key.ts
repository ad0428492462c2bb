import { type Address, contains, parseAddress, type Range } from './ip.ts'
import type { Instant, RequestHead } from './head.ts'
import { only } from './headers.ts'
import type { Limit } from './counters.ts'
import type { Visitor } from './session.ts'
import { admitsMethod, matches, type ApiRoute, type Pattern } from './route.ts'

/** Where a key opens: an API, a method as in a line of `allow`, and a pattern of paths below the API. */
export interface KeyScope {
  readonly api: string
  readonly method: string
  readonly pattern: Pattern
}

/** A key that the owner gave to a script or a partner, for the gateway itself; the upstream's secret stays where it is. */
export interface MachineKey {
  /** Public part of the key: names it in logs. */
  readonly id: string
  readonly name: string
  readonly scopes: readonly KeyScope[]
  readonly roles: readonly string[]
  readonly limit: Limit
  /** Addresses it may come from; empty: any. */
  readonly from: readonly Range[]
  readonly expiresAt: Instant | null
  readonly revokedAt: Instant | null
  readonly lastUsedAt: Instant | null
}

export type PresentedKey =
  | { readonly kind: 'absent' }
  /** Has the form of a key of ours. */
  | { readonly kind: 'one'; readonly id: string; readonly secret: string }
  /** Meant as one, and cannot be one. */
  | { readonly kind: 'unreadable' }

/** Recognisable to people and to scanners for leaked keys; no other kind of credential begins like this. */
export const KEY_PREFIX = 'cloakroom_mk_'

const FORM = /^cloakroom_mk_([0-9A-Za-z]{12})_([0-9A-Za-z_-]{43})$/

/** Reads `Authorization: Bearer cloakroom_mk_…` (RFC 6750 §2.1). Other Authorization fields, such as an SDK's dummy key, are none of ours. */
export function readMachineKey({ headers }: Pick<RequestHead, 'headers'>): PresentedKey {
  const line = headers.get('authorization')
  if (line === null || !line.includes(KEY_PREFIX)) return { kind: 'absent' }
  const field = only(headers, 'authorization')
  const found = field.kind === 'one' ? /^bearer +(\S+)$/i.exec(field.value) : null
  const [, id, secret] = FORM.exec(found?.[1] ?? '') ?? []
  return id === undefined || secret === undefined ? { kind: 'unreadable' } : { kind: 'one', id, secret }
}

/**
 * Fields that browsers send and programs need not: a key in a website's JavaScript is a key that everybody has, so it must not work there.
 * A cookie beside it would leave open which of the two is meant.
 */
export function isFromBrowser({ headers }: Pick<RequestHead, 'headers'>): boolean {
  return headers.entries().some(([name]) => name.startsWith('sec-fetch-') || name === 'origin' || name === 'referer' || name === 'cookie')
}

export type KeyRefusal = 'machine_key_refused' | 'machine_key_scope'

/** Is this key good now, from this address, for this route? The step says which of them it was not, for `explain` and the log. */
export function refuseMachineKey(
  key: MachineKey,
  head: RequestHead,
  route: ApiRoute,
): { readonly code: KeyRefusal; readonly step: string } | null {
  if (key.revokedAt !== null) return { code: 'machine_key_refused', step: 'machine key revoked' }
  if (key.expiresAt !== null && head.at >= key.expiresAt) return { code: 'machine_key_refused', step: 'machine key expired' }
  if (!comesFrom(key.from, parseAddress(head.client))) return { code: 'machine_key_refused', step: 'machine key from another address' }
  return covers(key.scopes, head, route) ? null : { code: 'machine_key_scope', step: 'machine key scope' }
}

function comesFrom(from: readonly Range[], address: Address | null): boolean {
  return from.length === 0 || (address !== null && contains(from, address))
}

function covers(scopes: readonly KeyScope[], head: RequestHead, { api }: ApiRoute): boolean {
  const rest = head.path.slice(api.prefix.length)
  return scopes.some((scope) => scope.api === api.name && admitsMethod(scope.method, head.method) && matches(scope.pattern, rest))
}

/** Uses are written down once a minute: a key's owner wants to know whether it is in use, not how often. */
const NOTE_MS = 60_000

export function machineOf(key: MachineKey | null, at: Instant): Visitor {
  if (key === null) return { kind: 'stranger', stale: null, expired: null }
  return { kind: 'machine', key, note: key.lastUsedAt === null || at - key.lastUsedAt >= NOTE_MS }
}
