import type { KeyObject } from 'node:crypto'
import { VISIT_COOKIE } from '../decide/cookies.ts'
import { SKEW_MS } from '../decide/session.ts'
import type { Random } from '../lib/random.ts'
import type { VisitsPart } from '../parts.ts'
import { writeCookie } from './cookie.ts'
import { createSealer } from './sealed.ts'

export interface VisitParts {
  readonly key: KeyObject
  readonly olderKeys?: readonly KeyObject[]
  readonly random: Random
  readonly lifetimeMs: () => number
}

/** Anonymous visits: a sealed cookie and no row, so that a million of them cost the store nothing (its counters bound what each may do). */
export function createVisits({ lifetimeMs, random, ...keys }: VisitParts): VisitsPart {
  const sealer = createSealer({ ...keys, random, purpose: 'visit' })
  return {
    start(startedAt) {
      const id = random(16).toString('base64url')
      const value = sealer.seal(`${startedAt} ${id}`, startedAt + lifetimeMs())
      return { visit: { id, startedAt }, setCookie: writeCookie({ name: VISIT_COOKIE, value, maxAgeMs: lifetimeMs() }) }
    },
    open(cookieValue, at) {
      const [startedAt = '', id] = sealer.open(cookieValue, at)?.split(' ') ?? []
      if (id === undefined) return null
      const age = at - Number(startedAt)
      // Also by the lifetime of now: an owner who shortens it means the visits that have begun, too. One from the future has no age that
      // could be believed: a clock that jumped back prolongs nothing.
      return age < lifetimeMs() && age > -SKEW_MS ? { id, startedAt: Number(startedAt) } : null
    },
  }
}
