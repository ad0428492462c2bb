import type { AccountStore } from '../store/account-store.ts'
import { ask } from '../store/ask.ts'
import type { CredentialUse, UseStore } from '../store/use-store.ts'

export interface NamedUse extends Pick<CredentialUse, 'route' | 'count' | 'lastAt'> {
  readonly via: 'account' | 'machine-key' | 'jwt' | null
  /** Null of a visitor without an account, and of an account that is gone. */
  readonly name: string | null
}

export interface NamedUsesParts {
  readonly uses: Pick<UseStore, 'top'>
  readonly accounts: Pick<AccountStore, 'find'>
}

/** Who used a credential, as people call them now. */
export async function namedUses(
  { uses, accounts }: NamedUsesParts,
  credential: string,
  sinceDay: number,
  limit: number,
): Promise<readonly NamedUse[]> {
  const named: NamedUse[] = []
  for (const { route, who, count, lastAt } of await ask(() => uses.top(credential, sinceDay, limit))) {
    const [, via = '', name = ''] = /^(account|machine-key|jwt):(.*)$/s.exec(who) ?? []
    const known = via === 'account' ? ((await ask(() => accounts.find(name)))?.name ?? null) : name
    named.push({ route, via: via === '' ? null : (via as NamedUse['via']), name: via === '' ? null : known, count, lastAt })
  }
  return named
}
