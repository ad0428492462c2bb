import { describe, expect, test } from 'vitest'
import { manualLater } from '../../test/fakes/later.ts'
import { createDeadlines } from './deadline.ts'

const late = (): Error => new Error('late')

describe('an answer within its time', () => {
  test('what is here already is handed back as it is, and no timer runs', () => {
    const time = manualLater()
    expect(createDeadlines(time.later)(1000, 'here', late)).toBe('here')
    expect(time.waiting()).toEqual([])
  })

  test('an answer in time arrives, also as a rejection', async () => {
    const time = manualLater()
    const within = createDeadlines(time.later)
    const gate = Promise.withResolvers<string>()
    const asked = Promise.resolve(within(1000, gate.promise, late))
    for (let ms = 0; ms < 1000; ms += 250) time.pass(250)
    gate.resolve('in time')
    await expect(asked).resolves.toBe('in time')
    await expect(Promise.resolve(within(1000, Promise.reject(new Error('broken')), late))).rejects.toThrow('broken')
  })

  test('a silent one is given up after its time and a quarter at most, and what comes later is disposed of', async () => {
    const time = manualLater()
    const disposed: string[] = []
    const gate = Promise.withResolvers<string>()
    const asked = Promise.resolve(createDeadlines(time.later)(1000, gate.promise, late, (value) => disposed.push(value)))
    const outcome = asked.catch((cause: Error) => cause.message)
    for (let ms = 0; ms < 1250; ms += 250) time.pass(250)
    expect(await outcome).toBe('late')
    gate.resolve('too late')
    await gate.promise
    expect(disposed).toEqual(['too late'])
    expect(time.waiting()).toEqual([])
  })

  test('many waits share one timer, and it ends with the last of them', async () => {
    const time = manualLater()
    const within = createDeadlines(time.later)
    const gates = Array.from({ length: 100 }, () => Promise.withResolvers<number>())
    const asked = gates.map(({ promise }) => Promise.resolve(within(1000, promise, late)))
    expect(time.waiting()).toHaveLength(1)
    gates.forEach(({ resolve }, at) => resolve(at))
    await Promise.all(asked)
    time.pass(250)
    expect(time.waiting()).toEqual([])
  })
})
