import { counterKey } from './counters.ts'
import type { KeyPart } from './guard-action.ts'
import type { Subject } from './guard.ts'
import { networkOf, siteOf } from './ip.ts'

/** The key of a subject, as text; null when a part of it does not exist: a stranger has no session. */
export function keyOf(parts: readonly KeyPart[], subject: Subject): string | null {
  const values: string[] = []
  for (const part of parts) {
    const value = partOf(part, subject)
    if (value === null) return null
    values.push(value)
  }
  return counterKey(...values)
}

/** Whom the guard holds for one and the same: the account, else the program's key, else the visit, else the network. */
export function actorOf(subject: Subject): string {
  const { visitor, event } = subject
  switch (visitor?.kind) {
    case 'known':
      return `account ${visitor.session.name}`
    case 'machine':
      return `key ${visitor.key.id}`
    case 'bearer':
      return `jwt ${visitor.bearer.issuer} ${visitor.bearer.subject}`
    case 'visitor':
      return `visit ${visitor.visit.id}`
    default: {
      if (event !== null && event.account !== null) return `account ${event.account}`
      const address = addressOf(subject)
      return `net ${address === null ? 'none' : networkOf(address)}`
    }
  }
}

export function addressOf({ head, event }: Subject): string | null {
  return head?.client ?? event?.address ?? null
}

function partOf(part: KeyPart, subject: Subject): string | null {
  const { visitor, route, event } = subject
  switch (part) {
    case 'ip.addr':
      return addressOf(subject)
    case 'ip.net':
    case 'ip.site': {
      const address = addressOf(subject)
      return address === null ? null : part === 'ip.net' ? networkOf(address) : siteOf(address)
    }
    case 'visit':
      return visitor?.kind === 'visitor' ? visitor.visit.id : null
    case 'session':
      return visitor?.kind === 'known' ? visitor.session.id : null
    case 'account':
      return visitor?.kind === 'known' ? visitor.session.name : (event?.account ?? null)
    case 'route':
      return route.id
    case 'api':
      return route.api
    case 'actor':
      return actorOf(subject)
  }
}
