import type { Instant } from '../decide/head.ts'
import { networkOf } from '../decide/ip.ts'
import { type Ban, type BanKind, isInForce } from '../decide/ban.ts'
import type { Visitor } from '../decide/session.ts'
import type { Awaitable } from '../lib/awaitable.ts'
import type { BansPart } from '../measure-parts.ts'
import type { BanStore } from '../store/verdict-stores.ts'

/**
 * The bans in force, kept in memory and followed by the store's revision: a request asks nothing but whether something changed, whoever
 * changed it. A store that cannot say so throws, and the request is refused.
 */
export function createBans(store: Pick<BanStore, 'revision' | 'changedSince'>): BansPart {
  const inForce: Record<BanKind, Map<string, readonly Ban[]>> = {
    'ip.net': new Map(),
    session: new Map(),
    account: new Map(),
    visit: new Map(),
  }
  let known = 0

  function take(revision: number, changed: readonly Ban[], at: Instant): void {
    for (const ban of changed) {
      const own = inForce[ban.kind]
      own.set(ban.value, [...(own.get(ban.value) ?? []).filter(({ id }) => id !== ban.id), ban])
    }
    for (const own of Object.values(inForce)) {
      for (const [value, bans] of own) {
        const left = bans.filter((ban) => isInForce(ban, at))
        if (left.length === 0) own.delete(value)
        else if (left.length < bans.length) own.set(value, left)
      }
    }
    known = revision
  }

  function follow(revision: number, at: Instant): Awaitable<void> {
    if (revision === known) return
    const changed = store.changedSince(known)
    return changed instanceof Promise ? changed.then((bans) => take(revision, bans, at)) : take(revision, changed, at)
  }

  function one(kind: BanKind, value: string, route: string | null, at: Instant): Ban | null {
    const bans = inForce[kind].get(value)
    if (bans === undefined) return null
    return bans.find((ban) => isInForce(ban, at) && (ban.scope === null || (route !== null && ban.scope.includes(route)))) ?? null
  }

  function lookUp(client: string, visitor: Visitor | null, route: string | null, at: Instant): Ban | null {
    if (inForce['ip.net'].size > 0) {
      const ban = one('ip.net', networkOf(client), route, at)
      if (ban !== null) return ban
    }
    switch (visitor?.kind) {
      case 'known':
        return one('session', visitor.session.id, route, at) ?? one('account', visitor.session.account, route, at)
      case 'visitor':
        return one('visit', visitor.visit.id, route, at)
      case 'stranger':
      // A program's key or JWT is revoked, not banned.
      case 'machine':
      case 'bearer':
      case undefined:
        return null
    }
  }

  return {
    find(client, visitor, route, at) {
      const revision = store.revision()
      const followed = revision instanceof Promise ? revision.then((now) => follow(now, at)) : follow(revision, at)
      return followed instanceof Promise ? followed.then(() => lookUp(client, visitor, route, at)) : lookUp(client, visitor, route, at)
    },
  }
}
