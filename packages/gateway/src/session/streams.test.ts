import { expect, test, vi } from 'vitest'
import { manualLater } from '../../test/fakes/later.ts'
import { createBans } from '../ban/bans.ts'
import { wishOf } from '../../test/conformance/bans.ts'
import { sessionOf } from '../../test/conformance/sessions.ts'
import type { Claim, Session, Visitor } from '../decide/session.ts'
import type { Awaitable } from '../lib/awaitable.ts'
import type { BansPart } from '../measure-parts.ts'
import type { CutReason, VaultVersion } from '../parts.ts'
import { memoryBans } from '../store/memory/bans.ts'
import { memoryLockdown } from '../store/memory/lockdown.ts'
import { memoryDenials } from '../store/memory/denials.ts'
import { memoryMachineKeys } from '../store/memory/machine-keys.ts'
import { memorySessions } from '../store/memory/sessions.ts'
import { createStreams } from './streams.ts'

const AT = 1_780_000_000_000
const LIMITS = { idleMs: 1_800_000, absoluteMs: 43_200_000, perAccount: 10, onLimit: 'end-oldest' } as const

interface Change {
  readonly findAll?: (ids: readonly string[]) => Awaitable<readonly (Claim | null)[]>
  readonly bans?: BansPart
  readonly isWithdrawn?: (version: VaultVersion) => Awaitable<boolean>
}

function make(change: Change = {}) {
  const time = manualLater()
  const clock = { now: AT }
  const store = memorySessions()
  const keys = memoryMachineKeys()
  const asked: (readonly string[])[] = []
  const findAll = (ids: readonly string[]): Awaitable<readonly (Claim | null)[]> => {
    asked.push(ids)
    return change.findAll === undefined ? store.findAll(ids) : change.findAll(ids)
  }
  const streams = createStreams({
    store: { ...store, findAll },
    machineKeys: keys,
    denials: memoryDenials(),
    isWithdrawn: change.isWithdrawn ?? (() => false),
    lockdown: memoryLockdown(),
    limits: () => LIMITS,
    visitMs: () => 3_600_000,
    ...(change.bans === undefined ? {} : { bans: change.bans }),
    clock: () => clock.now,
    later: time.later,
  })
  const session = sessionOf('one')
  void store.insert(session)
  const cuts: CutReason[] = []
  return {
    time,
    clock,
    store,
    keys,
    asked,
    streams,
    session,
    cuts,
    watch: () => streams.watch(known(session), null, (why) => cuts.push(why)),
  }
}

const known = (session: Session): Visitor => ({ kind: 'known', session, roles: [], touch: false })

/** Lets answers that are here already be taken. */
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
}

test('REV-01 one question, twice a second, for all sessions with live streams; none while there are none', async () => {
  const { time, streams, session, store, asked, watch } = make()
  const other = sessionOf('two')
  void store.insert(other)
  expect(time.waiting()).toEqual([])
  const leave = [watch(), watch(), streams.watch(known(other), null, () => undefined)]
  expect(time.waiting()).toEqual([500])
  time.pass(500)
  await settled()
  expect(asked).toEqual([[session.id, other.id]])
  expect(time.waiting()).toEqual([500])
  for (const each of leave) each()
  time.pass(500)
  await settled()
  expect(time.waiting()).toEqual([])
  expect(streams.count).toBe(0)
})

test('REV-01 what another process ended is cut at the next look, once', async () => {
  const { time, store, session, cuts, watch } = make()
  watch()
  watch()
  time.pass(500)
  await settled()
  expect(cuts).toEqual([])
  void store.revoke(session.id, AT, 'logout')
  time.pass(500)
  await settled()
  expect(cuts).toEqual(['logout', 'logout'])
  time.pass(500)
  await settled()
  expect(cuts).toHaveLength(2)
})

test('REV-03 a session that is gone from the store ends its streams', async () => {
  const { time, cuts, watch, store } = make()
  watch()
  void store.sweep(AT + 1, AT + 1)
  time.pass(500)
  await settled()
  expect(cuts).toEqual(['ended-by-owner'])
})

test('REV-03 one failed look is forgiven, two in a row are not; a silent store fails as well', async () => {
  let answers: 'throws' | 'hangs' | 'holds' = 'throws'
  const good = make()
  const { time, cuts, watch } = make({
    findAll(ids) {
      if (answers === 'throws') throw new Error('disk I/O error')
      return answers === 'hangs'
        ? new Promise(() => undefined)
        : ids.map(() => ({ session: good.session, standing: { generation: 0, roles: [] } }))
    },
  })
  const look = async (): Promise<void> => {
    time.pass(500)
    await settled()
  }
  watch()
  await look()
  answers = 'holds'
  await look()
  answers = 'throws'
  await look()
  expect(cuts).toEqual([])
  await look()
  expect(cuts).toEqual(['unverifiable'])
  answers = 'hangs'
  watch()
  for (let turn = 0; turn < 3; turn += 1) await look()
  expect(cuts).toEqual(['unverifiable', 'unverifiable'])
  // It answers again: so it is believed again.
  answers = 'holds'
  watch()
  for (let turn = 0; turn < 4; turn += 1) await look()
  expect(cuts).toHaveLength(2)
})

test('REV-01 many sessions are asked for by the thousand, so that a look holds nobody else up for long', async () => {
  const { time, store, streams, asked } = make()
  const cut: string[] = []
  for (let at = 0; at < 2001; at += 1) {
    const session = sessionOf(`many ${String(at)}`)
    void store.insert(session)
    streams.watch(known(session), null, () => cut.push(session.id))
  }
  const last = sessionOf('many 2000')
  void store.revoke(last.id, AT, 'logout')
  time.pass(500)
  await vi.waitFor(() => expect(cut).toEqual([last.id]))
  expect(asked.map((ids) => ids.length)).toEqual([1000, 1000, 1])
})

test('REV-03 streams of a visit end with it, and cost the store nothing', async () => {
  const { time, clock, streams, asked, cuts } = make()
  streams.watch({ kind: 'visitor', visit: { id: 'v', startedAt: AT - 60_000 } }, null, (why) => cuts.push(why))
  streams.watch({ kind: 'stranger', stale: null, expired: null }, null, (why) => cuts.push(why))
  clock.now = AT + 3_539_999
  time.pass(500)
  expect(cuts).toEqual([])
  clock.now += 1
  time.pass(500)
  await settled()
  expect(cuts).toEqual(['absolute'])
  expect(asked).toEqual([])
  expect(streams.count).toBe(1)
})

test('a ban cuts the streams of whoever it shuts out, and of nobody else', async () => {
  const store = memoryBans(10)
  const { time, streams, cuts } = make({ bans: createBans(store) })
  const stranger: Visitor = { kind: 'stranger', stale: null, expired: null }
  streams.watch(stranger, null, (why) => cuts.push(why), '198.51.100.7')
  streams.watch(stranger, null, (why) => cuts.push(why), '198.51.100.8')
  time.pass(500)
  await settled()
  expect(cuts).toEqual([])
  void store.add(wishOf({ value: '198.51.100.7' }))
  time.pass(500)
  await settled()
  expect(cuts).toEqual(['banned'])
  expect(streams.count).toBe(1)
})

test('SES-26 activity on a stream is written down once a minute, and revives nothing that time has ended', async () => {
  const { clock, store, session, streams, watch } = make()
  const seenAt = async (): Promise<number> => (await store.find(session.id))?.session.seenAt ?? 0
  watch()
  clock.now = AT + 59_000
  streams.active(session)
  await settled()
  expect(await seenAt()).toBe(AT)
  clock.now = AT + 60_000
  streams.active(session)
  await settled()
  expect(await seenAt()).toBe(AT + 60_000)
  clock.now = AT + 60_000 + LIMITS.idleMs
  streams.active(session)
  await settled()
  expect(await seenAt()).toBe(AT + 60_000)
})

test('HTTP-18 places: so many for one visitor, so many for all, each given back once', () => {
  const { streams } = make()
  const limits = { most: 3, perVisitor: 2 }
  const first = streams.takePlace('ada', limits)
  streams.takePlace('ada', limits)
  expect(streams.takePlace('ada', limits)).toBeNull()
  streams.takePlace('grace', limits)
  expect(streams.takePlace('grace', limits)).toBeNull()
  first?.()
  first?.()
  expect(streams.takePlace('grace', limits)).not.toBeNull()
  expect(streams.takePlace('ada', limits)).toBeNull()
})

test('what begins while the gateway stops is cut at once', async () => {
  const { streams, cuts, watch } = make()
  watch()
  streams.close()
  expect(cuts).toEqual(['stopping'])
  watch()
  await settled()
  expect(cuts).toEqual(['stopping', 'stopping'])
  expect(streams.takePlace('ada', { most: 1, perVisitor: 1 })).toBeNull()
})
