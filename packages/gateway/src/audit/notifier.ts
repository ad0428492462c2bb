import type { AuditEvent, AuditKind } from '@cloakroom/contract'
import type { Instant } from '../decide/head.ts'
import type { Clock } from '../lib/clock.ts'
import type { Later } from '../lib/later.ts'
import type { Notice, NotifierPart } from '../parts.ts'
import { plainText } from './plain-text.ts'

/** A message for the owner: what happened, how often since the last one on this topic, and the newest event behind it. */
export interface Message {
  readonly topic: string
  readonly text: string
  readonly count: number
  readonly since: string
  readonly event: AuditEvent | null
}

/** One way to an owner; rejects when the message did not arrive. */
export interface Channel {
  readonly name: string
  send(messages: readonly Message[]): Promise<void>
}

export interface NotifierOptions {
  readonly channels: readonly Channel[]
  /** Of one topic at most one message in this time. */
  readonly everyMs: number
  readonly clock: Clock
  readonly later: Later
  /** A channel failed for good: nobody was told. */
  readonly onFailure: (channel: string, messages: readonly Message[], cause: unknown) => void
}

export interface Notifier extends NotifierPart {
  /** Sees every event of the trail, and tells of those that an owner must know. */
  event(event: AuditEvent): void
  /** Sends what waits, once. */
  close(): Promise<void>
}

/** What an owner must know at once, in words. Everything else is in the trail for whoever looks. */
export const TEXTS: Partial<Record<AuditKind, (event: AuditEvent) => string>> = {
  'password.locked': ({ target }) => `The password of ${target} is locked after too many wrong ones.`,
  'secret.reflected': ({ target }) => `An API echoed the secret ${target}; it was kept from the visitor.`,
  'honey.presented': ({ address }) => `A planted credential was used from ${address ?? 'an unknown address'}.`,
  'credential.disabled': ({ target, rule }) =>
    `The credential ${target} is disabled${rule === null ? '' : ` by the rule ${rule}`}; calls that need it are refused. Enable it with: cloakroom secret enable ${target}`,
  'credential.rejected': ({ target, result }) =>
    result === 'ok'
      ? `An API refused the newest version of ${target}, and took another one. Look at it before that one ends: cloakroom secret list`
      : `An API refused every version of ${target}; its calls fail. Have a new one issued: cloakroom secret rotate ${target}`,
  'secret.expiring': ({ target, detail }) => `The secret ${target} ends at ${String(detail['notAfter'])}, and no newer one takes over.`,
  'machine_key.expiring': ({ target, detail, result }) =>
    `The key of the program ${target} ${result === 'ok' ? 'ends' : 'ended'} at ${String(detail['notAfter'])}. Make a new one: cloakroom machine-key add`,
  'vault.open_failed': ({ target, reason }) =>
    `The vault could not be opened${target === null ? '' : ` for ${target}`}: ${reason ?? 'wrong key'}.`,
  'audit.lost': ({ detail }) => `Audit events were lost on their way to ${String(detail['sink'])}.`,
  'audit.broken': ({ detail }) => `The audit trail was changed from entry ${String(detail['from'])} on. Run: cloakroom audit verify`,
  'panic.begun': ({ reason }) => `Everything is closed: ${reason ?? ''}`,
  'panic.lifted': ({ reason }) => `It is open again: ${reason ?? ''}`,
  'gateway.failed': ({ reason }) => `The gateway ended with a fault: ${reason ?? 'unknown'}.`,
  'upstream.tls_failed': ({ target }) => `The certificate of the API ${target} does not hold; calls are refused.`,
  'certificate.refused': ({ target }) => `The renewed certificate ${target} cannot be used.`,
}

/** Topics that are remembered at once: a visitor can cause many (account names), and none of them may fill the memory. */
const MOST_TOPICS = 500
/** Messages of one moment go out as one mail. */
const GATHER_MS = 2000
const LONGEST = 300
const RETRY_MS = [5000, 30_000, 120_000]

interface Waiting {
  count: number
  since: Instant
  last: Notice
}

/** Groups by topic and throttles: the first of a topic is told within seconds, what follows comes counted when its time is over. */
export function createNotifier({ channels, everyMs, clock, later, onFailure }: NotifierOptions): Notifier {
  const waiting = new Map<string, Waiting>()
  const told = new Map<string, Instant>()
  const sending = new Set<Promise<void>>()
  const pauses = new Set<() => void>()
  let callOff: (() => void) | null = null
  let closed = false

  function notify(notice: Notice): void {
    if (channels.length === 0 || closed) return
    const topic = waiting.size < MOST_TOPICS || waiting.has(notice.topic) ? notice.topic : 'more'
    const held = waiting.get(topic)
    if (held === undefined) waiting.set(topic, { count: 1, since: clock(), last: notice })
    else {
      held.count += 1
      held.last = notice
    }
    callOff ??= later(flush, GATHER_MS)
  }

  function flush(): void {
    callOff = null
    const at = clock()
    for (const [topic, since] of told) if (at - since >= everyMs || at < since) told.delete(topic)
    const due = [...waiting].filter(([topic]) => closed || !told.has(topic))
    for (const [topic] of due) {
      waiting.delete(topic)
      told.set(topic, at)
    }
    if (waiting.size > 0 && !closed) callOff = later(flush, Math.min(everyMs, 60_000))
    if (due.length === 0) return
    const messages = due.map(([topic, { count, since, last }]) => ({
      topic,
      text: plainText(last.text, LONGEST),
      count,
      since: new Date(since).toISOString(),
      event: last.event,
    }))
    for (const channel of channels) {
      const work = deliver(channel, messages).finally(() => void sending.delete(work))
      sending.add(work)
    }
  }

  async function deliver(channel: Channel, messages: readonly Message[]): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        await channel.send(messages)
        return
      } catch (cause) {
        const wait = RETRY_MS[attempt]
        if (wait === undefined || closed) {
          onFailure(channel.name, messages, cause)
          return
        }
        await pause(wait)
      }
    }
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        pauses.delete(wake)
        off()
        resolve()
      }
      const off = later(wake, ms)
      pauses.add(wake)
    })
  }

  return {
    notify,
    event(event) {
      const text = TEXTS[event.kind]?.(event)
      if (text !== undefined) notify({ topic: `${event.kind} ${event.target ?? ''}`.trim(), text, event })
    },
    async close() {
      closed = true
      callOff?.()
      flush()
      for (const wake of pauses) wake()
      if (sending.size === 0) return
      await Promise.race([Promise.all(sending), pause(CLOSE_MS)])
      for (const wake of pauses) wake()
    },
  }
}

/** A dead mail server must not hold up the end of the process. */
const CLOSE_MS = 3000
