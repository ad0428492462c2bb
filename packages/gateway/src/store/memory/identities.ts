import type { Identity, IdentityStore } from '../provider-stores.ts'

/** IdentityStore in one map. */
export function memoryIdentities(): IdentityStore {
  const identities = new Map<string, Identity>()
  const keyOf = (issuer: string, subject: string): string => JSON.stringify([issuer, subject])
  return {
    insert(identity) {
      const key = keyOf(identity.issuer, identity.subject)
      if (identities.has(key)) return false
      identities.set(key, identity)
      return true
    },
    find: (issuer, subject) => identities.get(keyOf(issuer, subject)) ?? null,
    ofAccount: (account) =>
      [...identities.values()].filter((identity) => identity.account === account).toSorted((one, other) => one.linkedAt - other.linkedAt),
    note(issuer, subject, roles, at) {
      const key = keyOf(issuer, subject)
      const known = identities.get(key)
      if (known === undefined) return false
      identities.set(key, { ...known, roles: [...roles], lastLoginAt: at })
      return true
    },
    remove(account, issuer, subject) {
      const key = keyOf(issuer, subject)
      return identities.get(key)?.account === account && identities.delete(key)
    },
  }
}
