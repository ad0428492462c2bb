import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Instant } from '../decide/head.ts'
import type { GuardState } from '../decide/guard.ts'
import type { SessionId } from '../decide/session.ts'
import type { Later } from '../lib/later.ts'

export interface GuardSwitchOptions {
  /** See disarmFile. */
  readonly file: string
  readonly later: Later
  readonly onArmed: (armed: boolean) => void
  readonly onDemoted: (rule: string, hit: number, met: number) => void
}

/** What changes while a guard is in force: whether it is armed, and which of its rules went too far. */
export interface GuardSwitch {
  state(): GuardState
  /** A session made a request. */
  met(session: SessionId, at: Instant): void
  /** A rule acted against a session, of which it may hit a share. */
  hit(rule: string, share: number, session: SessionId, at: Instant): void
  /** Another guard is in force: its rules begin anew. */
  renew(): void
  close(): void
}

/** While this file is there, every gateway on this store acts as if all rules were in shadow. */
export function disarmFile(store: string): string {
  return join(store, 'guard', 'disarmed')
}

export function disarm(store: string, text: string): void {
  mkdirSync(dirname(disarmFile(store)), { recursive: true, mode: 0o700 })
  writeFileSync(disarmFile(store), text, { mode: 0o600 })
}

export function arm(store: string): boolean {
  const was = existsSync(disarmFile(store))
  rmSync(disarmFile(store), { force: true })
  return was
}

/** Somebody locked out does not wait longer than this for `guard disarm` to take effect. */
const LOOK_MS = 1_000
/** Shares are taken over so long, and of no fewer sessions: of three sessions, one is a third. */
const SPAN_MS = 5 * 60_000
const LEAST_SESSIONS = 20
/** Sessions that are remembered; beyond it a share is taken of these. */
const MOST_SESSIONS = 100_000

export function createGuardSwitch({ file, later, onArmed, onDemoted }: GuardSwitchOptions): GuardSwitch {
  let demoted: ReadonlySet<string> = new Set()
  let state: GuardState = { armed: !existsSync(file), demoted }
  let met = new Set<SessionId>()
  let hits = new Map<string, Set<SessionId>>()
  let since: Instant | null = null

  function look(): void {
    const armed = !existsSync(file)
    if (armed !== state.armed) {
      state = { armed, demoted }
      onArmed(armed)
    }
    callOff = later(look, LOOK_MS)
  }
  let callOff = later(look, LOOK_MS)

  function turn(at: Instant): void {
    since ??= at
    if (Math.abs(at - since) < SPAN_MS) return
    since = at
    met = new Set()
    hits = new Map()
  }

  return {
    state: () => state,
    met(session, at) {
      turn(at)
      if (met.size < MOST_SESSIONS) met.add(session)
    },
    hit(rule, share, session, at) {
      turn(at)
      let own = hits.get(rule)
      if (own === undefined) hits.set(rule, (own = new Set()))
      if (own.size < MOST_SESSIONS) own.add(session)
      if (met.size < LEAST_SESSIONS || own.size <= met.size * share || demoted.has(rule)) return
      demoted = new Set([...demoted, rule])
      state = { ...state, demoted }
      onDemoted(rule, own.size, met.size)
    },
    renew() {
      demoted = new Set()
      state = { ...state, demoted }
      hits = new Map()
    },
    close: () => callOff(),
  }
}
