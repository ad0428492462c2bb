import type { Instant } from '../decide/head.ts'
import type { SessionLimits } from '../decide/policy.ts'
import { type AccountId, type Claim, type Session, type SessionId, staleness, TOUCH_MS, type Visitor } from '../decide/session.ts'
import type { Awaitable } from '../lib/awaitable.ts'
import type { Clock } from '../lib/clock.ts'
import type { Later } from '../lib/later.ts'
import type { BansPart } from '../measure-parts.ts'
import type { CutReason, StreamsPart, VaultVersion } from '../parts.ts'
import type { LockdownStore } from '../store/lockdown.ts'
import type { DenialStore, MachineKeyStore, SessionStore } from '../store/store.ts'
import { createBearerStreams } from './bearer-streams.ts'
import { createStandingStreams } from './standing-streams.ts'

export interface StreamOptions {
  readonly store: Pick<SessionStore, 'findAll' | 'touch'>
  readonly machineKeys: Pick<MachineKeyStore, 'find'>
  readonly denials: Pick<DenialStore, 'find'>
  /** Revoked or disabled: what it opened at an API ends. Replaced is neither. */
  readonly isWithdrawn: (version: VaultVersion) => Awaitable<boolean>
  /** While it says yes, no stream stays open. */
  readonly lockdown: Pick<LockdownStore, 'read'>
  readonly limits: () => SessionLimits
  readonly visitMs: () => number
  /** Looked up for each stream, in memory; left out, no ban cuts any. */
  readonly bans?: BansPart
  readonly clock: Clock
  readonly later: Later
}

/** Every live stream and the session on which it hangs. */
export interface Streams extends StreamsPart {
  /** Ended in this process: cut now. */
  ended(id: SessionId, because: CutReason): void
  /** Null: of everybody. */
  endedAll(account: AccountId | null, because: CutReason): void
  /** The gateway stops: nothing stays open, nothing new begins. */
  close(): void
  readonly count: number
}

interface Stream {
  readonly visitor: Visitor
  readonly client: string
  readonly session: Session | null
  /** When the visit began on which it hangs. */
  readonly visitedAt: Instant | null
  readonly role: string | null
  readonly cut: (because: CutReason) => void
}

/** Twice a second, so that an end in another process is noticed within one, even by the second look. */
export const LOOK_MS = 500
/** Sessions in one question; SQLite takes 5 µs for each, and in between others have their turn. */
const AT_ONCE = 1000
/** Looks in a row that may fail before nobody knows whether these sessions live. */
const MOST_FAILURES = 2

/**
 * Sessions that end here cut their streams at once. Those that another process ended, or time, are found by one question to the store for
 * all sessions with live streams, asked only while there are any; it also covers an end between judgement and `watch`.
 */
export function createStreams(options: StreamOptions): Streams {
  const { store, machineKeys, denials, isWithdrawn, lockdown, limits, visitMs, bans, clock, later } = options
  const streams = new Set<Stream>()
  const ofSession = new Map<SessionId, Set<Stream>>()
  const ofVisits = new Set<Stream>()
  const ofKeys = createStandingStreams((id, at) => overOfKey(machineKeys, id, at))
  const ofCredentials = createStandingStreams(async (name) => ((await isWithdrawn(versionOf(name))) ? 'credential-withdrawn' : null))
  const ofBearers = createBearerStreams(denials)
  /** When each session was last seen, as far as this process knows. */
  const seen = new Map<SessionId, Instant>()
  const places = new Map<string, number>()
  let taken = 0
  let looking = false
  /** The question that is open, by number; 0 when none is. */
  let asking = 0
  let asked = 0
  /** Did the store say anything since the last look? */
  let answered = false
  let failures = 0
  let closed = false

  function lookLater(): void {
    if (looking || streams.size === 0) return
    looking = true
    later(() => {
      looking = false
      look()
      lookLater()
    }, LOOK_MS)
  }

  function look(): void {
    const at = clock()
    void cutBanned(at)
    for (const stream of ofVisits) if (at - (stream.visitedAt ?? 0) >= visitMs()) cut(stream, 'absolute')
    void lookAtLockdown()
    if (ofKeys.count > 0) void ofKeys.look(at)
    if (ofCredentials.count > 0) void ofCredentials.look(at)
    if (ofBearers.count > 0) void ofBearers.look(at)
    if (ofSession.size === 0) return
    if (asking === 0) void lookAt([...ofSession.keys()])
    // An answer that is owed since the last look counts as one that failed; many of them take a while, and come one by one.
    else if (!answered && missed()) asking = 0
    answered = false
  }

  /** One question whether anything changed; the rest is in memory. A store that fails is found broken by the question for the sessions, too. */
  async function cutBanned(at: Instant): Promise<void> {
    if (bans === undefined) return
    try {
      for (const stream of streams) {
        const found = bans.find(stream.client, stream.visitor, null, at)
        if ((found instanceof Promise ? await found : found) !== null) cut(stream, 'banned')
      }
    } catch {
      // Nobody can say who is shut out: for those who hang on a session that is an end, after two looks.
    }
  }

  async function lookAtLockdown(): Promise<void> {
    try {
      if ((await lockdown.read()) === null) return
    } catch {
      // Streams of sessions are cut when their store is down; the others hang on nobody.
      return
    }
    for (const stream of streams) cut(stream, 'ended-by-owner')
  }

  async function lookAt(ids: readonly SessionId[]): Promise<void> {
    asked += 1
    const number = asked
    asking = number
    for (let from = 0; from < ids.length; from += AT_ONCE) {
      if (from > 0) await turn()
      const some = ids.slice(from, from + AT_ONCE)
      const claims = await findAll(some)
      if (asking !== number) return
      if (claims === null || claims.length !== some.length) {
        asking = 0
        missed()
        return
      }
      answered = true
      const at = clock()
      for (const [index, id] of some.entries()) check(id, claims[index] ?? null, at)
    }
    asking = 0
    failures = 0
  }

  async function findAll(ids: readonly SessionId[]): Promise<readonly (Claim | null)[] | null> {
    try {
      return await store.findAll(ids)
    } catch {
      return null
    }
  }

  async function touch(id: SessionId, at: Instant): Promise<void> {
    try {
      await store.touch(id, at)
    } catch {
      // The next look finds the store broken, too.
    }
  }

  /** True when that was once too often: nobody is left whom the question is about. */
  function missed(): boolean {
    failures += 1
    if (failures < MOST_FAILURES) return false
    failures = 0
    for (const id of ofSession.keys()) cutAll(id, 'unverifiable')
    return true
  }

  function check(id: SessionId, claim: Claim | null, at: Instant): void {
    if (!ofSession.has(id)) return
    const because = claim === null || claim.session.id !== id ? 'ended-by-owner' : staleness(claim, limits(), at)
    if (because !== null || claim === null) return cutAll(id, because ?? 'ended-by-owner')
    seen.set(id, Math.max(claim.session.seenAt, seen.get(id) ?? 0))
    for (const stream of ofSession.get(id) ?? []) {
      if (stream.role !== null && !claim.standing.roles.includes(stream.role)) cut(stream, 'ended-by-owner')
    }
  }

  function cutAll(id: SessionId, because: CutReason): void {
    for (const stream of ofSession.get(id) ?? []) cut(stream, because)
  }

  function cut(stream: Stream, because: CutReason): void {
    if (remove(stream)) stream.cut(because)
  }

  function remove(stream: Stream): boolean {
    if (!streams.delete(stream)) return false
    ofVisits.delete(stream)
    const { session } = stream
    if (session === null) return true
    const own = ofSession.get(session.id)
    own?.delete(stream)
    if (own?.size === 0) {
      ofSession.delete(session.id)
      seen.delete(session.id)
    }
    return true
  }

  return {
    watch(visitor, role, cutOne, client = '', openedBy = []) {
      const session = visitor.kind === 'known' ? visitor.session : null
      const visitedAt = visitor.kind === 'visitor' ? visitor.visit.startedAt : null
      const stream: Stream = { visitor, client, session, visitedAt, role, cut: cutOne }
      if (closed) {
        queueMicrotask(() => cutOne('stopping'))
        return () => undefined
      }
      streams.add(stream)
      const cutThis = (because: CutReason): void => cut(stream, because)
      const leaves = openedBy.map((version) => ofCredentials.watch(nameOf(version), cutThis))
      if (visitor.kind === 'machine') leaves.push(ofKeys.watch(visitor.key.id, cutThis))
      if (visitor.kind === 'bearer') leaves.push(ofBearers.watch(visitor.bearer, cutThis))
      if (session !== null) {
        const own = ofSession.get(session.id)
        if (own === undefined) ofSession.set(session.id, new Set([stream]))
        else own.add(stream)
      }
      if (visitedAt !== null) ofVisits.add(stream)
      lookLater()
      return () => {
        for (const leave of leaves) leave()
        remove(stream)
      }
    },
    active(session) {
      if (!ofSession.has(session.id)) return
      const at = clock()
      const seenAt = Math.max(session.seenAt, seen.get(session.id) ?? 0)
      const { idleMs } = limits()
      // Time may have ended it since the last look: what is over is not prolonged.
      if (at - seenAt < Math.min(TOUCH_MS, idleMs / 10) || at - seenAt >= idleMs) return
      seen.set(session.id, at)
      void touch(session.id, at)
    },
    takePlace(visitor, { most, perVisitor }) {
      const held = places.get(visitor) ?? 0
      if (closed || taken >= most || held >= perVisitor) return null
      taken += 1
      places.set(visitor, held + 1)
      let given = false
      return () => {
        if (given) return
        given = true
        taken -= 1
        const left = (places.get(visitor) ?? 1) - 1
        if (left === 0) places.delete(visitor)
        else places.set(visitor, left)
      }
    },
    ended: cutAll,
    endedAll(account, because) {
      for (const stream of streams) {
        if (stream.session !== null && (account === null || stream.session.account === account)) cut(stream, because)
      }
    },
    close() {
      closed = true
      for (const stream of streams) cut(stream, 'stopping')
    },
    get count() {
      return streams.size
    },
  }
}

async function overOfKey(store: Pick<MachineKeyStore, 'find'>, id: string, at: Instant): Promise<CutReason | null> {
  const row = await store.find(id)
  if (row === null || row.revokedAt !== null) return 'ended-by-owner'
  return row.expiresAt !== null && at >= row.expiresAt ? 'absolute' : null
}

/** No credential's name holds a line end. */
function nameOf({ name, version }: VaultVersion): string {
  return `${name}\n${version}`
}

function versionOf(text: string): VaultVersion {
  const [name = '', version = ''] = text.split('\n')
  return { name, version: Number(version) }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
