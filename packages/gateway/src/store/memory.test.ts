import { expect, test } from 'vitest'
import { describeStores } from '../../test/conformance/stores.ts'
import { GateError } from '../errors.ts'
import { memoryStores } from './memory.ts'

describeStores('the memory store', () => memoryStores())

const AT = 1_780_000_000_000
const hit = (key: string) => ({ key, limit: { max: 1, perMs: 1_000, burst: 1 }, keepMs: 60_000 })

test('past its bound the memory store forgets the counter that was touched longest ago', () => {
  const { counters } = memoryStores({ counters: 2, nonces: 1 })
  void counters.add([hit('a')], AT)
  void counters.add([hit('b')], AT)
  void counters.add([hit('a')], AT)
  void counters.add([hit('c')], AT)
  expect(counters.add([hit('a')], AT)).toMatchObject([{ over: true }])
  expect(counters.add([hit('b')], AT)).toMatchObject([{ over: false }])
})

test('past its bound the memory store refuses nonces, because a forgotten one could be spent twice', () => {
  const { nonces } = memoryStores({ counters: 1, nonces: 1 })
  void nonces.spend('login', 'a', AT)
  expect(() => nonces.spend('login', 'b', AT)).toThrow(GateError)
  expect(nonces.spend('login', 'a', AT)).toBe(false)
  void nonces.sweep(AT)
  expect(nonces.spend('login', 'b', AT)).toBe(true)
})
