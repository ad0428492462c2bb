import { auditEvent, type EventParts } from '../audit/event.ts'
import { type BanKey, type BanWish, refuseBan } from '../decide/ban.ts'
import type { GuardAction, KeyPart } from '../decide/guard-action.ts'
import { addressOf } from '../decide/guard-keys.ts'
import type { Subject } from '../decide/guard.ts'
import type { Instant } from '../decide/head.ts'
import { networkOf } from '../decide/ip.ts'
import type { Policy } from '../decide/policy.ts'
import type { Random } from '../lib/random.ts'
import type { AuditPart } from '../parts.ts'
import type { BanStore } from '../store/verdict-stores.ts'

export interface BanMeasureOptions {
  readonly store: Pick<BanStore, 'add'>
  readonly audit: AuditPart
  readonly random: Random
  readonly policy: () => Policy
  /** Names a session in the audit trail. */
  readonly label: (session: string) => string
}

type BanAction = Extract<GuardAction, { kind: 'ban' }>

/** Bans whoever a rule says. A key that this request does not have (a stranger has no account) bans nobody; a burst bans once. */
export function createBanMeasure({ store, audit, random, policy, label }: BanMeasureOptions) {
  return async (rule: string, action: BanAction, subject: Subject): Promise<void> => {
    for (const part of action.key) {
      const key = keyOf(part, subject)
      if (key === null) continue
      const address = addressOf(subject)
      const isSpared = address !== null && policy().guard?.neverBanned?.(address) === true
      const why = isSpared ? `${address} is on a list of those who are never banned` : refuseBan(key, policy())
      if (why !== null) {
        audit.note(
          auditEvent({
            ...causeOf(subject),
            kind: 'ban.started',
            target: `${key.kind} ${key.value}`,
            rule,
            result: 'refused',
            reason: why,
          }),
        )
        continue
      }
      const { ban, isNew } = await store.add(wishOf(key, rule, action, random(6).toString('hex'), subject.at))
      if (!isNew) continue
      const target = `${ban.kind} ${ban.kind === 'session' ? label(ban.value) : ban.value}`
      const detail = { ban: ban.id, until: new Date(ban.endsAt).toISOString(), prior: ban.prior }
      audit.note(auditEvent({ ...causeOf(subject), kind: 'ban.started', target, rule, detail }))
    }
  }
}

function wishOf(key: BanKey, rule: string, { forMs, doublings, scope }: BanAction, id: string, at: Instant): BanWish {
  return { ...key, id, at, scope, rule, reason: null, growth: { firstMs: forMs, factor: 2, mostMs: forMs * 2 ** doublings } }
}

/** `actor` is the account, else the visit, else the network. */
function keyOf(part: KeyPart, subject: Subject): BanKey | null {
  const { visitor } = subject
  const address = addressOf(subject)
  const network: BanKey | null = address === null ? null : { kind: 'ip.net', value: networkOf(address) }
  const account: BanKey | null = visitor?.kind === 'known' ? { kind: 'account', value: visitor.session.account } : null
  const visit: BanKey | null = visitor?.kind === 'visitor' ? { kind: 'visit', value: visitor.visit.id } : null
  switch (part) {
    case 'ip.net':
      return network
    case 'session':
      return visitor?.kind === 'known' ? { kind: 'session', value: visitor.session.id } : null
    case 'account':
      return account
    case 'visit':
      return visit
    case 'actor':
      return account ?? visit ?? network
    default:
      // The loader refuses the others.
      return null
  }
}

function causeOf({ at, head, event, ...subject }: Subject): Pick<EventParts, 'at' | 'request' | 'address'> {
  return { at, request: head?.id ?? event?.request ?? null, address: addressOf({ at, head, event, ...subject }) }
}
