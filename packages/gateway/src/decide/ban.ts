import { type Admission, isLoopbackName } from './admit.ts'
import type { Decision } from './facts.ts'
import type { Instant, RequestHead } from './head.ts'
import { isLoopback, overlap, parseRange } from './ip.ts'
import type { Policy } from './policy.ts'
import type { Visitor } from './session.ts'

/** What a ban shuts out: a network (one IPv4 address, one IPv6 /64), a session by its id, an account by its id, a visit by its id. */
export type BanKind = 'ip.net' | 'session' | 'account' | 'visit'

export interface BanKey {
  readonly kind: BanKind
  readonly value: string
}

/** How long bans last: the first, how much longer each one after it, and never longer than. Milliseconds. */
export interface BanGrowth {
  readonly firstMs: number
  readonly factor: number
  readonly mostMs: number
}

export interface Ban extends BanKey {
  /** The routes that are shut; null for everything. */
  readonly scope: readonly string[] | null
  readonly id: string
  readonly startedAt: Instant
  readonly endsAt: Instant
  /** The rule that asked for it; null when a person did. */
  readonly rule: string | null
  readonly reason: string | null
  /** Bans of the same key before this one that were not lifted. */
  readonly prior: number
  readonly liftedAt: Instant | null
}

/** A ban that is asked for; the store says how many there were before, and so how long it lasts. */
export interface BanWish extends BanKey {
  readonly scope: readonly string[] | null
  readonly id: string
  readonly at: Instant
  readonly growth: BanGrowth
  readonly rule: string | null
  readonly reason: string | null
}

/** Bans that ended longer ago than this lengthen no other: addresses change hands. */
export const REMEMBER_BANS_MS = 30 * 24 * 3_600_000

/** The ban that a wish becomes after `prior` others. */
export function banOf({ growth, at, ...wish }: BanWish, prior: number): Ban {
  const lastsMs = Math.min(growth.mostMs, growth.firstMs * growth.factor ** prior)
  return { ...wish, startedAt: at, endsAt: Math.ceil(at + lastsMs), prior, liftedAt: null }
}

/** Is it the same ban, if there were two? One of the login page is none of the whole website. */
export function isSameBan(one: BanWish | Ban, other: BanWish | Ban): boolean {
  return one.kind === other.kind && one.value === other.value && scopeKey(one.scope) === scopeKey(other.scope)
}

/** One text for each set of routes; empty for everything. */
export function scopeKey(scope: readonly string[] | null): string {
  return scope === null ? '' : JSON.stringify([...new Set(scope)].toSorted())
}

export function isInForce(ban: Ban, at: Instant): boolean {
  return ban.liftedAt === null && ban.endsAt > at
}

/** Does an ended ban still count when the next one's length is found? */
export function isRemembered(ban: Ban, at: Instant): boolean {
  return ban.endsAt > at - REMEMBER_BANS_MS
}

/** Why this key must not be banned; null when it may be. Everybody comes from a proxy's address, and the owner from his own machine's. */
export function refuseBan({ kind, value }: BanKey, policy: Policy): string | null {
  if (kind !== 'ip.net') return null
  const range = parseRange(value)
  if (range === null) return `${value} is no address`
  if (policy.trustedProxies.some((proxy) => overlap(proxy, range))) return `${value} is a trusted proxy, through which all visitors come`
  if (isLoopback(range.address) && !isLoopbackName(policy.publicHost))
    return `${value} is this machine itself: a proxy here that is not named in trustedProxies would shut out all visitors`
  return null
}

/** How rules and bans name it: the route's id, or the endpoint's own name (`login`). */
export function placeOf(admission: Admission, head: RequestHead, { basePath }: Policy): string | null {
  if (admission.kind === 'route') return admission.route.id
  return admission.kind === 'own' ? head.path.slice(basePath.length + 1) : null
}

/** Before any rule is asked, and for strangers before the store is: whoever is shut out costs as little as can be. */
export function banned(ban: Ban, head: RequestHead, visitor: Visitor | null): Decision {
  return {
    verdict: 'refuse',
    reply: { kind: 'problem', code: 'banned', retryAfterMs: ban.endsAt - head.at },
    visitor,
    evidence: { route: null, steps: [`ban ${ban.id}`] },
    effects: [],
  }
}

/** Of the gateway's own endpoints these stay open: what the page about the ban is made of, and the way out of a session. */
export function staysOpen(path: string, basePath: string): boolean {
  return OPEN.includes(path.slice(basePath.length))
}

const OPEN: readonly string[] = ['/style.css', '/page.js', '/logo', '/logout']
