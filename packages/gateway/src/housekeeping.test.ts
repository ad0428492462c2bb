import { expect, test } from 'vitest'
import { manualLater } from '../test/fakes/later.ts'
import { makePolicy, makeSession } from '../test/fixtures.ts'
import { startHousekeeping } from './housekeeping.ts'
import { memoryStores } from './store/memory.ts'
import { SWEEP_ROWS, type Stores } from './store/store.ts'

const MINUTE = 60_000
const NOW = 1_780_000_000_000

function keepHouse(stores: Stores) {
  const time = manualLater()
  const failures: unknown[] = []
  const stop = startHousekeeping({
    stores,
    vault: { expiring: () => [] },
    audit: { note: () => undefined, commit: async () => undefined },
    signer: { sign: () => '', now: () => NOW },
    keep: () => ({ retention: { refusals: 1, signIns: 1, operation: 1, changes: 1 }, most: 1000 }),
    policy: () => makePolicy(),
    keepDecisionsMs: () => ({ refused: 24 * 60 * MINUTE, passed: 24 * 60 * MINUTE }),
    clock: () => NOW,
    steady: () => 0,
    later: time.later,
    onFailure: (cause) => failures.push(cause),
  })
  const turns = async (count: number) => {
    for (let n = 0; n < count; n++) {
      time.pass(0)
      await new Promise(setImmediate)
    }
  }
  return { time, stop, failures, turns }
}

function withOldSessions(count: number): Stores {
  const stores = memoryStores()
  const long = NOW - 100 * 24 * 60 * MINUTE
  for (let n = 0; n < count; n++)
    void stores.sessions.insert(makeSession({ id: `s-${n}`, createdAt: long, authenticatedAt: long, seenAt: long }))
  return stores
}

test('in one round everything that is over is forgotten, a batch at a time, and what counts is kept', async () => {
  const stores = withOldSessions(2 * SWEEP_ROWS + 5)
  void stores.sessions.insert(makeSession({ id: 'live', createdAt: NOW, authenticatedAt: NOW, seenAt: NOW }))
  const { time, stop, turns, failures } = keepHouse(stores)
  time.pass(MINUTE)
  expect(await stores.sessions.listAll(10_000)).toHaveLength(SWEEP_ROWS + 6)
  await turns(20)
  expect((await stores.sessions.listAll(10_000)).map(({ id }) => id)).toEqual(['live'])
  expect(failures).toEqual([])
  expect(time.waiting()).toEqual([MINUTE])
  stop()
  expect(time.waiting()).toEqual([])
})

test('a round that is stopped between two batches asks the stores nothing more', async () => {
  const stores = withOldSessions(2 * SWEEP_ROWS)
  const { time, stop, turns, failures } = keepHouse(stores)
  time.pass(MINUTE)
  await new Promise(setImmediate)
  stop()
  await turns(20)
  expect(await stores.sessions.listAll(10_000)).toHaveLength(SWEEP_ROWS)
  expect([failures, time.waiting()]).toEqual([[], []])
})

test('a store that fails is told of, and asked again a minute later', async () => {
  const stores = memoryStores()
  const broken: Stores = {
    ...stores,
    sessions: {
      ...stores.sessions,
      sweep() {
        throw new Error('down')
      },
    },
  }
  const { time, stop, turns, failures } = keepHouse(broken)
  time.pass(MINUTE)
  await turns(5)
  expect(failures).toHaveLength(1)
  expect(time.waiting()).toEqual([MINUTE])
  stop()
})
