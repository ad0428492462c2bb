import type { AuditEvent } from '@cloakroom/contract'
import { accountKey } from '../decide/account-name.ts'
import { amendmentText, digestOf, type ChainEntry } from '../store/audit-chain.ts'
import type { AuditStore } from '../store/store.ts'
import type { ChainKey } from './chain-key.ts'

/** Somebody who is to be found in the audit trail no more. */
export interface Erasure {
  /** The account's name, folded; see decide/account-name.ts. */
  readonly key: string
  /** What stands in the name's place, the same in every event. */
  readonly pseudonym: string
}

/** Names that look like an account's and are somebody else's: of programs, secrets and keys. */
const NOT_ACCOUNTS = /^(?:machine_key|secret|key|credential|honey|decoy|certificate|backup|config|gateway|upstream|audit|guard)\./

const ACCOUNT = 'account '

/** The event without the person; null when it does not name him. What happened, when, and to which session's label stays. */
export function pseudonymised(event: AuditEvent, { key, pseudonym }: Erasure): AuditEvent | null {
  const isHis = (name: string | null): boolean => name !== null && accountKey(name) === key
  // Bans name what they shut out: `account ada`.
  const replaced = (text: string): string => {
    if (isHis(text)) return pseudonym
    return text.startsWith(ACCOUNT) && isHis(text.slice(ACCOUNT.length)) ? `${ACCOUNT}${pseudonym}` : text
  }
  const { actor, kind } = event
  const acted = (actor.via === 'browser' || actor.via === 'gateway' || actor.via === 'command') && isHis(actor.account)
  const target = event.target === null || NOT_ACCOUNTS.test(kind) ? event.target : replaced(event.target)
  const isAbout = target !== event.target
  const detail = Object.fromEntries(
    Object.entries(event.detail).map(([name, value]) => [name, typeof value === 'string' ? replaced(value) : value]),
  )
  const isMentioned = Object.entries(detail).some(([name, value]) => value !== event.detail[name])
  if (!acted && !isAbout && !isMentioned) return null
  // Of what he did himself, or what was tried in his name, the address and his name at a provider go, too.
  const own = acted || (isAbout && actor.account === null)
  return {
    ...event,
    actor: acted ? { ...actor, account: pseudonym } : actor,
    address: own ? null : event.address,
    target,
    detail: isAbout || acted ? withoutSubject(detail) : detail,
  }
}

function withoutSubject(detail: AuditEvent['detail']): AuditEvent['detail'] {
  return 'subject' in detail ? { ...detail, subject: 'erased' } : detail
}

const BATCH = 500

/**
 * Puts the pseudonym in the place of the name in every entry of the trail, with a signature over what stands there now: the chain goes on
 * from the old digest, so it still verifies, and the salt is gone, so nobody can try names until one fits. What was altered by somebody
 * stays as it is: it is evidence. How many entries there were.
 */
export async function pseudonymiseTrail(store: Pick<AuditStore, 'chain' | 'amend'>, chain: ChainKey, erasure: Erasure): Promise<number> {
  let amended = 0
  for (let page = await store.chain(0, BATCH); page.length > 0; page = await store.chain(page.at(-1)?.seq ?? 0, BATCH)) {
    const entries = page.flatMap((entry) => {
      const event = isAsWritten(entry, chain) ? pseudonymised(entry.event, erasure) : null
      return event === null ? [] : [{ ...entry, event, salt: null, amended: chain.sign(amendmentText({ ...entry, event })) }]
    })
    if (entries.length > 0) amended += await store.amend(entries)
  }
  return amended
}

function isAsWritten(entry: ChainEntry, chain: ChainKey): boolean {
  const { salt, event, digest, amended } = entry
  return amended === null ? salt !== null && digestOf(salt, event) === digest : chain.holds(amendmentText(entry), amended)
}
