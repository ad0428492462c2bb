import { auditEvent, browser, causedBy } from '../audit/event.ts'
import { accountKey } from '../decide/account-name.ts'
import type { GuardAction } from '../decide/guard-action.ts'
import type { Measure } from '../decide/guard-judge.ts'
import type { Subject } from '../decide/guard.ts'
import { addressOf } from '../decide/guard-keys.ts'
import { GateError } from '../errors.ts'
import type { Later } from '../lib/later.ts'
import type { AuditPart, GuardPart, NotifierPart, SessionsPart } from '../parts.ts'
import type { Awaitable } from '../lib/awaitable.ts'
import type { GuardSwitch } from './guard-switch.ts'

export interface GuardPartOptions {
  readonly state: GuardSwitch
  readonly sessions: Pick<SessionsPart, 'end'> & { endAll(account: string, at: number, because: 'ended-by-guard'): Awaitable<number> }
  readonly accounts: { findByKey(key: string): Awaitable<{ readonly id: string } | null> }
  /** Bans whoever a rule says; see ban/ban-measure.ts. */
  readonly ban: (rule: string, action: Extract<GuardAction, { kind: 'ban' }>, subject: Subject) => Promise<void>
  /** Disables a credential; see hold/hold-measure.ts. */
  readonly hold: (rule: string, action: Extract<GuardAction, { kind: 'disable_credential' }>, subject: Subject) => Promise<void>
  readonly notifier: NotifierPart | null
  readonly audit: AuditPart
  readonly later: Later
  /** `session_share` of a rule that is in force; null when it has none. */
  readonly shareOf: (rule: string) => number | null
}

/** Requests held by `delay` at once. Held sockets are ours as well: beyond it a request is refused instead of held. */
const MOST_HELD = 500
/** Requests refused in shadow whose events may still come. */
const MOST_GHOSTS = 5_000

/** Takes the measures of the guard's rules. */
export function createGuardPart({
  state,
  sessions,
  accounts,
  ban,
  hold: disable,
  notifier,
  audit,
  later,
  shareOf,
}: GuardPartOptions): GuardPart {
  let held = 0
  const ghosts = new Set<string>()

  async function hold(ms: number): Promise<void> {
    if (held >= MOST_HELD) throw new GateError('busy', 'too many requests are held back', { retryAfterMs: ms })
    held += 1
    try {
      await new Promise<void>((resolve) => void later(resolve, ms))
    } finally {
      held -= 1
    }
  }

  async function revoke(what: 'session' | 'account', { visitor, event, at }: Subject): Promise<void> {
    if (visitor?.kind === 'known') {
      if (what === 'session') await sessions.end(visitor.session, at, 'ended-by-guard')
      else await sessions.endAll(visitor.session.account, at, 'ended-by-guard')
    } else if (what === 'account' && event !== null && event.account !== null) {
      const account = await accounts.findByKey(accountKey(event.account))
      if (account !== null) await sessions.endAll(account.id, at, 'ended-by-guard')
    }
  }

  function note({ rule, action }: Measure, subject: Subject): void {
    const { head, visitor } = subject
    const cause = head === null ? { at: subject.at, request: subject.event?.request ?? null, address: addressOf(subject) } : causedBy(head)
    const level = action.kind === 'log' ? action.level : action.kind
    audit.note(
      auditEvent({
        ...cause,
        kind: 'guard.noted',
        actor: browser(visitor?.kind === 'known' ? visitor.session.name : null, null),
        target: head === null ? (subject.event?.account ?? null) : `${head.method} ${head.path}`,
        rule,
        detail: { level, phase: subject.phase },
      }),
    )
  }

  /** In the audit trail, whoever else is told: a mail may get lost. */
  function tell(measure: Measure, subject: Subject): void {
    note(measure, subject)
    const { action, rule } = measure
    const place = subject.head === null ? (subject.event?.type ?? 'an event') : `${subject.head.method} ${subject.head.path}`
    const channel = action.kind === 'notify' ? action.channel : ''
    notifier?.notify({ topic: rule, text: `${channel}: rule ${rule} acted on ${place}`, event: null })
  }

  return {
    state: () => state.state(),
    met: (session, at) => state.met(session, at),
    async carryOut(measure, subject) {
      const { action } = measure
      switch (action.kind) {
        case 'log':
          return note(measure, subject)
        case 'delay':
          return await hold(action.ms)
        case 'revoke':
          return await revoke(action.what, subject)
        case 'ban':
          return await ban(measure.rule, action, subject)
        case 'disable_credential':
          return await disable(measure.rule, action, subject)
        case 'notify':
          return tell(measure, subject)
        case 'tag':
          // It is in the evidence.
          return undefined
        default:
          // The loader refuses what cannot be delivered; whoever brings it later must not be let through by it.
          throw new GateError('internal', `nobody carries out ${action.kind}`)
      }
    },
    refusedInShadow: (request) => ghosts.has(request),
    saw(judged, { visitor, at, head }) {
      if (head !== null && judged.shadow.rule !== null && judged.effective.rule === null) {
        ghosts.add(head.id)
        for (const oldest of ghosts) {
          if (ghosts.size <= MOST_GHOSTS) break
          ghosts.delete(oldest)
        }
      }
      if (visitor?.kind !== 'known') return
      for (const { rule, did } of judged.evidence) {
        const share = did.length === 0 ? null : shareOf(rule)
        if (share !== null) state.hit(rule, share, visitor.session.id, at)
      }
    },
  }
}
