import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { memoryStores } from '../store/memory.ts'
import type { RecordRow, VaultStore } from '../store/store.ts'
import { openBook } from './book.ts'
import { LEDGER_NAME } from './ledger.ts'
import { makeGeneration, openKeyring } from './keyring.ts'

/** A book over a store whose answers to `records()` wait until they are let go. */
async function makeBook() {
  const { vault } = memoryStores()
  const root = randomBytes(32)
  await vault.create('v', [], makeGeneration(1, 'v', root, 0, randomBytes))
  const keyring = openKeyring('v', root)
  const waiting: (() => void)[] = []
  const slow: VaultStore = {
    ...vault,
    async records(): Promise<readonly RecordRow[]> {
      const rows = await vault.records()
      await new Promise<void>((resolve) => waiting.push(resolve))
      return rows
    },
  }
  const writer = openBook(vault, keyring, randomBytes)
  return {
    book: openBook(slow, keyring, randomBytes),
    waiting,
    write: () => writer.change(0, () => ({ kind: 'write', rows: [], entries: [] })),
  }
}

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('VLT-05 a reading that was begun before a change is not handed to whoever asks after it', async () => {
  const { book, waiting, write } = await makeBook()
  const before = book.refresh()
  await soon()
  await write()
  const after = [book.refresh(), book.refresh()]
  waiting.shift()?.()
  expect((await before).ledger.counter).toBe(0)
  await soon()
  expect(waiting).toHaveLength(1)
  waiting.shift()?.()
  expect((await Promise.all(after)).map(({ ledger }) => ledger.counter)).toEqual([1, 1])
})

test('a reading that fails does not stop the next one', async () => {
  const { vault } = memoryStores()
  const root = randomBytes(32)
  await vault.create('v', [], makeGeneration(1, 'v', root, 0, randomBytes))
  let readings = 0
  const records = (): readonly RecordRow[] => {
    if (readings++ === 0) throw new Error('the disk is gone')
    return []
  }
  const book = openBook({ ...vault, records }, openKeyring('v', root), randomBytes)
  const [first, second] = [book.refresh(), book.refresh()]
  await expect(first).rejects.toThrow(/the disk is gone/)
  expect((await second).mark).toEqual({ name: LEDGER_NAME, version: 0, sealed: null })
  expect(book.last()?.ledger.counter).toBe(0)
})
