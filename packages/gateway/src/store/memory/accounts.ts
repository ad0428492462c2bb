import type { AccountId } from '../../decide/session.ts'
import { MOST_OF_ONE_MAIL } from '../reset-store.ts'
import type { Account, AccountStore } from '../store.ts'

/** AccountStore in two maps. */
export function memoryAccounts(): AccountStore {
  const accounts = new Map<AccountId, Account>()
  const keys = new Map<string, AccountId>()
  const find = (id: AccountId): Account | null => accounts.get(id) ?? null
  return {
    insert(account) {
      if (keys.has(account.key) || accounts.has(account.id)) return false
      accounts.set(account.id, account)
      keys.set(account.key, account.id)
      return true
    },
    find,
    findByKey(key) {
      const id = keys.get(key)
      return id === undefined ? null : find(id)
    },
    findByMail: (mail) =>
      [...accounts.values()]
        .filter((account) => account.mail?.toLowerCase() === mail.toLowerCase())
        .toSorted((one, other) => (one.key < other.key ? -1 : 1))
        .slice(0, MOST_OF_ONE_MAIL),
    update(id, change) {
      const account = find(id)
      if (account === null) return null
      // The three that may not change come last: a wider object than the type allows cannot change them either.
      const changed = { ...account, ...change, id, key: account.key, createdAt: account.createdAt }
      accounts.set(id, changed)
      return changed
    },
    remove(id) {
      const account = find(id)
      if (account === null) return false
      keys.delete(account.key)
      return accounts.delete(id)
    },
    addFailure(id) {
      const account = find(id)
      if (account === null) return 0
      accounts.set(id, { ...account, failures: account.failures + 1 })
      return account.failures + 1
    },
    page: (prefix, after, limit) =>
      [...accounts.values()]
        .filter(({ key }) => key.startsWith(prefix) && key > after)
        .toSorted((one, other) => (one.key < other.key ? -1 : 1))
        .slice(0, limit),
    list: () => [...accounts.values()].toSorted((one, other) => (one.key < other.key ? -1 : 1)),
  }
}
