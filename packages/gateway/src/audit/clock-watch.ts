import type { HeaderField } from '../decide/headers.ts'
import type { Clock } from '../lib/clock.ts'
import type { AuditPart } from '../parts.ts'
import { auditEvent } from './event.ts'
import type { RoundTripListener } from './measured-forward.ts'

export interface ClockWatchOptions {
  readonly audit: Pick<AuditPart, 'note'>
  readonly clock: Clock
}

/** `Date` has no fractions, and an answer may have been under way: below this nobody refuses a signature for it. */
const APART_MS = 60_000
/** An API's clock is looked at so often. */
const LOOK_MS = 600_000

/** Tells of an API whose clock is far from this machine's (LOG-08): signatures and JWTs would be refused, or count too long. */
export function watchApiClocks({ audit, clock }: ClockWatchOptions): RoundTripListener {
  const lookedAt = new Map<string, number>()
  return {
    arrived(api, _ms, headers) {
      const at = clock()
      if (Math.abs(at - (lookedAt.get(api) ?? -Infinity)) < LOOK_MS) return
      lookedAt.set(api, at)
      const theirs = dateIn(headers)
      if (theirs === null || Math.abs(at - theirs) <= APART_MS) return
      const aheadMs = at - theirs
      audit.note(auditEvent({ kind: 'clock.skewed', at, target: api, result: 'failed', reason: 'api', detail: { aheadMs } }))
    },
  }
}

/** What a cache kept has an old date and says its age. */
function dateIn(headers: readonly HeaderField[]): number | null {
  let date: string | null = null
  for (const [name, value] of headers) {
    if (name === 'age') return null
    if (name === 'date') date = value
  }
  const at = date === null ? Number.NaN : Date.parse(date)
  return Number.isNaN(at) ? null : at
}

/** NTP slews; it does not step by seconds. */
const JUMP_MS = 5000

/** Tells of a jump of this machine's clock, or of its sleep. `steady` is a clock that nobody sets. */
export function watchOwnClock({ audit, clock }: ClockWatchOptions, steady: Clock): () => void {
  let last = { at: clock(), steady: steady() }
  return () => {
    const now = { at: clock(), steady: steady() }
    const jumpedMs = Math.round(now.at - last.at - (now.steady - last.steady))
    last = now
    if (Math.abs(jumpedMs) > JUMP_MS)
      audit.note(auditEvent({ kind: 'clock.skewed', at: now.at, result: 'failed', reason: 'jump', detail: { jumpedMs } }))
  }
}
