import type { AuditEvent } from '@cloakroom/contract'
import { siteOf } from './decide/ip.ts'
import type { Stores } from './store/store.ts'

/** Of an address its network: `198.51.100.0/24`, `2001:db8:1::/48`. What is no address stays as it is. */
export const shortAddress = siteOf

/**
 * The stores, with `privacy: { addresses: network }` in force: of a visitor's address only the network is written with a session, a decision and
 * the use of a key. Whoever judges a request still sees the address; counters and bans keep what they count by.
 */
export function withShortAddresses(stores: Stores, isOn: () => boolean): Stores {
  const { sessions, decisions, machineKeys } = stores
  const short = (address: string): string => (isOn() ? shortAddress(address) : address)
  return {
    ...stores,
    sessions: {
      ...sessions,
      insert: (session) => sessions.insert({ ...session, address: short(session.address) }),
      rotate: (old, next) => sessions.rotate(old, { ...next, address: short(next.address) }),
    },
    decisions: {
      ...decisions,
      // A rule that is tried on it later needs an address: the first of the network.
      append: (records, most) =>
        decisions.append(isOn() ? records.map((record) => ({ ...record, client: plain(shortAddress(record.client)) })) : records, most),
    },
    machineKeys: { ...machineKeys, noteUse: (id, at, address) => machineKeys.noteUse(id, at, short(address)) },
  }
}

/** An event as it is written down and sent on. */
export function withShortAddress(event: AuditEvent): AuditEvent {
  const { address, detail } = event
  const named = ADDRESSES.filter((name) => typeof detail[name] === 'string')
  if (address === null && named.length === 0) return event
  const shortened = Object.fromEntries(named.map((name) => [name, shortAddress(String(detail[name]))]))
  return { ...event, address: address === null ? null : shortAddress(address), detail: { ...detail, ...shortened } }
}

/** Of an `audit.folded`. */
const ADDRESSES = ['firstAddress', 'lastAddress'] as const

function plain(network: string): string {
  return network.split('/', 1)[0] ?? network
}
