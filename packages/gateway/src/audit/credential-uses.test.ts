import { expect, test } from 'vitest'
import { manualLater } from '../../test/fakes/later.ts'
import { memoryUses } from '../store/memory/uses.ts'
import { createCredentialUses } from './credential-uses.ts'

const AT = Date.UTC(2026, 10, 27, 12)

test('what a store could not take waits, and is added once; however many there are, only so many are told apart', async () => {
  const store = memoryUses()
  let broken = true
  const add: typeof store.add = (uses) => {
    if (broken) throw new Error('down')
    return store.add(uses)
  }
  const time = manualLater()
  const uses = createCredentialUses({ add }, time.later)
  for (let count = 0; count < 10_005; count += 1) uses.note('shop-key', 'shop: GET /**', `account-${count}`, AT)
  time.pass(5000)
  await new Promise(setImmediate)
  expect(await store.top('shop-key', 0, 10)).toEqual([])
  broken = false
  uses.note('shop-key', 'shop: GET /**', 'account-1', AT + 1)
  time.pass(5000)
  await new Promise(setImmediate)
  expect(await store.top('shop-key', 0, 2)).toMatchObject([
    { who: '', count: 5 },
    { who: 'account-1', count: 2, lastAt: AT + 1 },
  ])
  uses.note('shop-key', 'shop: GET /**', 'account-1', AT + 2)
  await uses.close()
  expect(await store.top('shop-key', 0, 1)).toMatchObject([{ who: '', count: 5 }])
  expect((await store.top('shop-key', 0, 2))[1]).toMatchObject({ who: 'account-1', count: 3 })
  expect(time.waiting()).toEqual([])
})
