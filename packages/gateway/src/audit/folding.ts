import type { AuditEvent, AuditKind } from '@cloakroom/contract'
import type { Clock } from '../lib/clock.ts'
import type { Later } from '../lib/later.ts'
import type { AuditTrail } from './audit.ts'
import { auditEvent } from './event.ts'

export interface FoldingOptions {
  readonly clock: Clock
  readonly later: Later
  /** Told of each event that gets no line of its own, for the figures. */
  readonly onFolded: (event: AuditEvent) => void
}

/**
 * The trail with a budget for what a stranger can cause at will: beyond it, events alike become one `audit.folded` with their count.
 * Nothing that names a signed-in account, a session or a secret is ever folded, and nothing that somebody waits for (`commit`).
 */
export function foldFloods(trail: AuditTrail, { clock, later, onFolded }: FoldingOptions): AuditTrail {
  const windows = new Map<string, Window>()
  let callOff: (() => void) | null = null

  function note(event: AuditEvent): void {
    const key = keyOf(event, windows)
    if (key === null) {
      trail.note(event)
      return
    }
    const at = clock()
    let window = windows.get(key)
    if (window !== undefined && isOver(window, at)) window = turn(key, window, at)
    if (window === undefined) windows.set(key, (window = begin(at, CALM)))
    if (window.written < window.budget) {
      window.written += 1
      trail.note(event)
    } else {
      window.folded += 1
      window.first ??= event
      window.last = event
      onFolded(event)
    }
    callOff ??= later(sweep, WINDOW_MS)
  }

  /** Also without further events a flood gets its line within two minutes. */
  function sweep(): void {
    callOff = null
    const at = clock()
    // A list of its own: `turn` puts new windows behind, and they are not over yet.
    const ending = [...windows]
    for (const [key, window] of ending) turn(key, window, at)
    if (windows.size > 0) callOff = later(sweep, WINDOW_MS)
  }

  /** Ends a window. While a flood goes on, the next one writes down samples only. */
  function turn(key: string, window: Window, at: number): Window | undefined {
    tell(window, at)
    windows.delete(key)
    if (window.folded === 0) return undefined
    const next = begin(at, FLOODED)
    windows.set(key, next)
    return next
  }

  function tell({ folded, first, last }: Window, at: number): void {
    if (folded === 0 || first === null || last === null) return
    trail.note(
      auditEvent({
        kind: 'audit.folded',
        at,
        target: PER_TARGET.has(first.kind) ? first.target : null,
        result: first.result,
        reason: first.reason,
        detail: {
          kind: first.kind,
          count: folded,
          from: first.at,
          to: last.at,
          firstAddress: first.address ?? '',
          lastAddress: last.address ?? '',
        },
      }),
    )
  }

  return {
    ...trail,
    note,
    async close() {
      callOff?.()
      callOff = null
      for (const window of windows.values()) tell(window, clock())
      windows.clear()
      await trail.close()
    },
  }
}

/** What a stranger causes without being anybody. A kind that is not here is always written whole. */
const FOLDABLE: ReadonlySet<AuditKind> = new Set([
  'request.refused',
  'challenge.failed',
  'visit.started',
  'login.failed',
  'login.throttled',
  'upstream.failed',
  'decoy.served',
  'decoy.canary',
  'honey.presented',
])

/** What a rule of the guard could not do, as often as somebody gives it cause; what it did is always written whole. */
const FOLDABLE_REFUSED: ReadonlySet<AuditKind> = new Set(['ban.started'])

/** Told apart by what they are about: guesses at one account must not hide those at another, nor one API's failures another's. */
const PER_TARGET: ReadonlySet<AuditKind> = new Set(['login.failed', 'login.throttled', 'upstream.failed'])

const WINDOW_MS = 60_000
/** Lines a minute, of one kind and reason: a broken deployment or a curious visitor stays below, so that every call of theirs can be looked up. */
const CALM = 60
const FLOODED = 6
/** Kinds, reasons and names are few; should they ever be more than that, names share a window. */
const MOST_WINDOWS = 10_000

interface Window {
  readonly since: number
  readonly budget: number
  written: number
  folded: number
  first: AuditEvent | null
  last: AuditEvent | null
}

function begin(at: number, budget: number): Window {
  return { since: at, budget, written: 0, folded: 0, first: null, last: null }
}

/** A clock that jumped back ends the window, too: it would otherwise stand for the length of the jump. */
function isOver({ since }: Window, at: number): boolean {
  return at - since >= WINDOW_MS || at < since
}

function keyOf({ kind, actor, reason, target, result }: AuditEvent, windows: ReadonlyMap<string, Window>): string | null {
  const foldable = FOLDABLE.has(kind) || (FOLDABLE_REFUSED.has(kind) && result === 'refused')
  if (!foldable || actor.account !== null) return null
  const names = PER_TARGET.has(kind) && windows.size < MOST_WINDOWS
  return JSON.stringify([kind, reason, names ? target : null])
}
