import type { Instant } from '../decide/head.ts'
import { networkOf } from '../decide/ip.ts'
import { type Ban, type BanKind, isInForce } from '../decide/ban.ts'
import type { Visitor } from '../decide/session.ts'
import type { Awaitable } from '../lib/awaitable.ts'
import type { BansPart } from '../parts.ts'
import type { BanStore } from '../store/store.ts'

/**
 * The bans in force, kept in memory and followed by the store's revision: a request asks nothing but whether something changed, whoever
 * changed it. A store that cannot say so throws, and the request is refused.
 */
export function createBans(store: Pick<BanStore, 'revision' | 'changedSince'>): BansPart {
  const inForce: Record<BanKind, Map<string, Ban>> = { 'ip.net': new Map(), session: new Map(), account: new Map(), visit: new Map() }
  let known = 0

  function take(revision: number, changed: readonly Ban[], at: Instant): void {
    for (const ban of changed) {
      const own = inForce[ban.kind]
      if (isInForce(ban, at)) own.set(ban.value, ban)
      else if (own.get(ban.value)?.id === ban.id) own.delete(ban.value)
    }
    for (const own of Object.values(inForce)) for (const [value, ban] of own) if (!isInForce(ban, at)) own.delete(value)
    known = revision
  }

  function follow(revision: number, at: Instant): Awaitable<void> {
    if (revision === known) return
    const changed = store.changedSince(known)
    return changed instanceof Promise ? changed.then((bans) => take(revision, bans, at)) : take(revision, changed, at)
  }

  function one(kind: BanKind, value: string, at: Instant): Ban | null {
    const ban = inForce[kind].get(value)
    return ban !== undefined && isInForce(ban, at) ? ban : null
  }

  function lookUp(client: string, visitor: Visitor | null, at: Instant): Ban | null {
    if (inForce['ip.net'].size > 0) {
      const ban = one('ip.net', networkOf(client), at)
      if (ban !== null) return ban
    }
    switch (visitor?.kind) {
      case 'known':
        return one('session', visitor.session.id, at) ?? one('account', visitor.session.account, at)
      case 'visitor':
        return one('visit', visitor.visit.id, at)
      case 'stranger':
      case undefined:
        return null
    }
  }

  return {
    find(client, visitor, at) {
      const revision = store.revision()
      const followed = revision instanceof Promise ? revision.then((now) => follow(now, at)) : follow(revision, at)
      return followed instanceof Promise ? followed.then(() => lookUp(client, visitor, at)) : lookUp(client, visitor, at)
    },
  }
}
