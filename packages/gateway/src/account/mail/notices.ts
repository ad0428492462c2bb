import type { AuditEvent } from '@cloakroom/contract'
import { accountKey } from '../../decide/account-name.ts'
import type { Instant } from '../../decide/head.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Later } from '../../lib/later.ts'
import { ask } from '../../store/ask.ts'
import type { AccountStore } from '../../store/store.ts'
import type { Letters } from './letters.ts'
import { tellOf } from './notice-texts.ts'

export interface NoticeParts {
  readonly accounts: Pick<AccountStore, 'findByKey'>
  readonly letters: Pick<Letters, 'send' | 'link'>
  /** Of letters to those of whom none is known. */
  readonly language: string
  /** Is there a page on which a forgotten password is replaced? */
  readonly recovers: boolean
  readonly clock: Clock
  readonly later: Later
  /** A letter did not go out. */
  readonly onFailure: (account: string, cause: unknown) => void
}

/** Letters to people about what happened to their accounts (NIST SP 800-63B-4 §4.6). */
export interface Notices {
  /** Sees every event of the trail. `to`: an address of before, which is told as well. */
  event(event: AuditEvent, to?: string | null): void
  /** Sends what waits, and waits for it. */
  flush(): Promise<void>
}

interface Happened {
  readonly topic: string
  /** Wrong proofs in a row before it. */
  readonly failures: number
  count: number
  last: AuditEvent
}

interface Waiting {
  readonly name: string
  readonly topics: Map<string, Happened>
  readonly further: Set<string>
}

/** What happens within seconds is one letter; of one topic and account there is one in ten minutes, with a count of what it waited for. */
export function createNotices({ accounts, letters, language, recovers, clock, later, onFailure }: NoticeParts): Notices {
  const waiting = new Map<string, Waiting>()
  const told = new Map<string, Instant>()
  const failures = new Map<string, number>()
  const sending = new Set<Promise<void>>()
  let callOff: (() => void) | null = null

  function failuresBefore({ kind, target }: AuditEvent): number {
    if (target === null || (kind !== 'login.failed' && kind !== 'login.succeeded')) return 0
    const key = accountKey(target)
    const count = failures.get(key) ?? 0
    failures.delete(key)
    if (kind === 'login.failed') failures.set(key, count + 1)
    if (failures.size > MOST) failures.delete(failures.keys().next().value ?? '')
    return count
  }

  function event(happened: AuditEvent, to: string | null = null): void {
    // Of an administrator, who may have this visitor's name.
    if (happened.detail['administrator'] === true) return
    const before = failuresBefore(happened)
    const tell = tellOf(happened, before, language)
    if (tell === null || happened.target === null || happened.result === 'failed') return
    const key = accountKey(happened.target)
    const held = waiting.get(key) ?? { name: happened.target, topics: new Map<string, Happened>(), further: new Set<string>() }
    if (!waiting.has(key) && waiting.size >= MOST) return
    waiting.set(key, held)
    const { topic } = tell
    held.topics.set(topic, { topic, failures: before, count: (held.topics.get(topic)?.count ?? 0) + 1, last: happened })
    if (to !== null) held.further.add(to)
    callOff ??= later(round, GATHER_MS)
  }

  function round(all = false): void {
    callOff?.()
    callOff = null
    const at = clock()
    for (const [topic, since] of told) if (at - since >= EVERY_MS || at < since) told.delete(topic)
    for (const [key, held] of waiting) {
      const due = [...held.topics.values()].filter(({ topic }) => all || !told.has(`${topic} ${key}`))
      if (due.length === 0) continue
      for (const { topic } of due) {
        held.topics.delete(topic)
        told.set(`${topic} ${key}`, at)
      }
      if (held.topics.size === 0) waiting.delete(key)
      const work = send(key, held, due)
        .catch((cause: unknown) => onFailure(held.name, cause))
        .finally(() => void sending.delete(work))
      sending.add(work)
    }
    if (waiting.size > 0) callOff = later(round, ROUND_MS)
  }

  async function send(key: string, { name, further }: Waiting, due: readonly Happened[]): Promise<void> {
    const account = await ask(() => accounts.findByKey(key))
    const addresses = new Set([account?.mail ?? null, ...further].filter((address) => address !== null))
    const written = account?.language ?? language
    const values = {
      account: account?.name ?? name,
      what: due.map((each) => lineOf(each, written)).join('\n'),
      sessions: letters.link('/sessions'),
      password: letters.link('/password'),
      forgot: letters.link(recovers ? '/forgot' : '/login'),
    }
    for (const address of addresses) await letters.send(address, 'notice', written, values)
  }

  return {
    event,
    async flush() {
      round(true)
      await Promise.all(sending)
    },
  }
}

function lineOf({ failures, count, last }: Happened, language: string): string {
  const text = tellOf(last, failures, language)?.text ?? ''
  const from = last.address === null ? '' : `, ${last.address}`
  return `- ${last.at.slice(0, 16).replace('T', ' ')} UTC${from}: ${text}${count > 1 ? ` (${count}×)` : ''}`
}

const GATHER_MS = 5000
const ROUND_MS = 60_000
const EVERY_MS = 10 * 60_000
/** Accounts that are remembered at once: whoever makes sign-ins fail must not fill the memory. */
const MOST = 5000
