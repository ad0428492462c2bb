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

  test('what it is accepted by can change it or refuse it, whether it is here already or comes', async () => {
    const within = createDeadlines(manualLater().later)
    const even = (number: number): number => {
      if (number % 2 === 0) return number / 2
      throw new Error('odd')
    }
    expect(within(1000, 4, late, undefined, even)).toBe(2)
    expect(() => within(1000, 3, late, undefined, even)).toThrow('odd')
    expect(await within(1000, Promise.resolve(4), late, undefined, even)).toBe(2)
    await expect(Promise.resolve(within(1000, Promise.resolve(3), late, undefined, even))).rejects.toThrow('odd')
  })

  test('each of several gives up in its own time, whichever of the others arrived', async () => {
    const time = manualLater()
    const within = createDeadlines(time.later)
    const ends: string[] = []
    const gates = Array.from({ length: 5 }, (_, at) => {
      if (at > 0) time.pass(250)
      const gate = Promise.withResolvers<string>()
      const asked = Promise.resolve(within(1000, gate.promise, () => new Error(`late ${at}`)))
      void asked.then((value) => ends.push(value)).catch((cause: Error) => ends.push(cause.message))
      return gate
    })
    // The first, one in the middle, the last.
    for (const at of [0, 2, 4]) gates[at]?.resolve(`in time ${at}`)
    await new Promise(setImmediate)
    const after: string[][] = [ends.splice(0)]
    for (let quarter = 0; quarter < 4; quarter += 1) {
      time.pass(250)
      await new Promise(setImmediate)
      after.push(ends.splice(0))
    }
    expect(after).toEqual([['in time 0', 'in time 2', 'in time 4'], [], ['late 1'], [], ['late 3']])
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
