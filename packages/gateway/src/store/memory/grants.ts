import type { Instant } from '../../decide/head.ts'
import { SWEEP_ROWS } from '../store.ts'
import type { Grant, GrantStore } from '../provider-stores.ts'

/** GrantStore in plain maps. */
export function memoryGrants(): GrantStore {
  const grants = new Map<string, Grant>()
  const leases = new Map<string, { readonly owner: string; readonly until: Instant }>()
  return {
    insert(grant) {
      if (grants.has(grant.id)) return false
      grants.set(grant.id, grant)
      return true
    },
    find: (id) => grants.get(id) ?? null,
    lease(id, version, owner, at, until) {
      const held = leases.get(id)
      if (grants.get(id)?.version !== version || (held !== undefined && at < held.until)) return false
      leases.set(id, { owner, until })
      return true
    },
    replace(id, owner, sealed) {
      const grant = grants.get(id)
      if (grant === undefined || leases.get(id)?.owner !== owner) return false
      grants.set(id, { ...grant, sealed, version: grant.version + 1 })
      leases.delete(id)
      return true
    },
    letGo(id, owner) {
      if (leases.get(id)?.owner === owner) leases.delete(id)
    },
    follow(from, to) {
      for (const grant of grants.values()) if (grant.session === from) grants.set(grant.id, { ...grant, session: to })
    },
    remove(id) {
      leases.delete(id)
      return grants.delete(id)
    },
    removeAll() {
      const { size } = grants
      grants.clear()
      leases.clear()
      return size
    },
    sessionsOf: (issuer, subject, sid) =>
      [...grants.values()]
        .filter(
          (grant) => grant.issuer === issuer && (subject === null || grant.subject === subject) && (sid === null || grant.sid === sid),
        )
        .map(({ session }) => session)
        .toSorted(),
    sweep(at) {
      const over = [...grants.values()].filter(({ expiresAt }) => expiresAt <= at).slice(0, SWEEP_ROWS)
      for (const { id } of over) {
        grants.delete(id)
        leases.delete(id)
      }
      return over.length
    },
  }
}
