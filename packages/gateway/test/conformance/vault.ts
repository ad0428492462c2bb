import { expect, test } from 'vitest'
import type { GenerationRow, RecordRow, SlotRow, VaultStore } from '../../src/store/store.ts'
import { AT } from './sessions.ts'

const slot = (id: string, purpose: SlotRow['purpose'] = 'main'): SlotRow => ({
  id,
  provider: 'file',
  purpose,
  parameters: '{"path":"k"}',
  wrapped: `w-${id}`,
  createdAt: AT,
})
const generation = (number: number): GenerationRow => ({ number, wrapped: `g-${number}`, createdAt: AT + number })

function record(name: string, version: number, change: Partial<RecordRow> = {}): RecordRow {
  const sealed = `ck1.${name}.${version}`
  return {
    name,
    version,
    state: 'staged',
    sealed,
    fingerprint: 'f',
    notBefore: null,
    notAfter: null,
    createdAt: AT,
    lastUsedAt: null,
    ...change,
  }
}

export function vaultConforms(store: () => VaultStore): void {
  test('a vault is created once, whole', async () => {
    expect(await store().readMeta()).toBeNull()
    expect(await store().create('v-1', [slot('a'), slot('b', 'recovery')], generation(1))).toBe(true)
    expect(await store().create('v-2', [slot('c')], generation(1))).toBe(false)
    expect(await store().readMeta()).toEqual({ vaultId: 'v-1' })
    expect(await store().slots()).toEqual([slot('a'), slot('b', 'recovery')])
    expect(await store().generations()).toEqual([generation(1)])
    expect(await store().records()).toEqual([])
  })

  test('slots are replaced all together', async () => {
    await store().create('v-1', [slot('a'), slot('b')], generation(1))
    await store().replaceSlots([slot('b'), slot('c', 'recovery')])
    expect(await store().slots()).toEqual([slot('b'), slot('c', 'recovery')])
  })

  test('generations are kept in order', async () => {
    await store().create('v-1', [slot('a')], generation(1))
    await store().addGeneration(generation(3))
    await store().addGeneration(generation(2))
    expect(await store().generations()).toEqual([generation(1), generation(2), generation(3)])
  })

  test('records are inserted and updated by name and version', async () => {
    await store().writeRecords([record('b', 1), record('a', 2), record('a', 10), record('a', 1)])
    const active = record('a', 1, { state: 'active', sealed: 'ck1.new', notBefore: AT, notAfter: AT + 9, lastUsedAt: AT + 1 })
    expect(await store().writeRecords([active])).toBe(true)
    expect(await store().records()).toEqual([active, record('a', 2), record('a', 10), record('b', 1)])
  })

  test('a writer who saw an older record changes nothing', async () => {
    await store().writeRecords([record('a', 1)])
    const revoked = record('a', 1, { state: 'revoked', sealed: 'ck1.revoked' })
    expect(await store().writeRecords([revoked], { name: 'a', version: 1, sealed: record('a', 1).sealed })).toBe(true)
    const stale = record('a', 1, { state: 'active', sealed: 'ck1.resealed' })
    expect(await store().writeRecords([stale, record('b', 1)], { name: 'a', version: 1, sealed: record('a', 1).sealed })).toBe(false)
    expect(await store().writeRecords([stale], { name: 'a', version: 1, sealed: null })).toBe(false)
    expect(await store().records()).toEqual([revoked])
    expect(await store().writeRecords([record('c', 1)], { name: 'c', version: 1, sealed: null })).toBe(true)
  })

  test('the last use only moves forward, and a write that knew an older one keeps it', async () => {
    await store().writeRecords([record('a', 1)])
    await store().noteUse('a', 1, AT + 5)
    await store().noteUse('a', 1, AT + 3)
    await store().noteUse('missing', 1, AT)
    await store().writeRecords([record('a', 1, { state: 'active' })])
    expect(await store().records()).toEqual([record('a', 1, { state: 'active', lastUsedAt: AT + 5 })])
  })

  test('the revision changes with every write that matters, and with no read', async () => {
    const seen = [await store().revision()]
    const note = async () => seen.push(await store().revision())
    await store().create('v-1', [slot('a')], generation(1))
    await note()
    await store().writeRecords([record('a', 1)])
    await note()
    await store().addGeneration(generation(2))
    await note()
    await store().replaceSlots([slot('b')])
    await note()
    expect(new Set(seen).size).toBe(seen.length)
    await store().records()
    await store().slots()
    await store().noteUse('a', 1, AT)
    expect(await store().revision()).toBe(seen.at(-1))
  })
}
