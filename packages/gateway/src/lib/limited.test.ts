import { expect, test } from 'vitest'
import { limited } from './limited.ts'

test('turns are taken in order, a failed one passes its place on, and a full queue says so', async () => {
  const turns = limited(1, 2, () => new Error('full'))
  const order: string[] = []
  let open: () => void = () => undefined
  const first = turns.run(async () => {
    await new Promise<void>((resolve) => (open = resolve))
    order.push('first')
    throw new Error('broken')
  })
  const second = turns.run(async () => void order.push('second'))
  const third = turns.run(async () => void order.push('third'))
  await expect(turns.run(async () => undefined)).rejects.toThrow('full')
  open()
  await expect(first).rejects.toThrow('broken')
  await Promise.all([second, third])
  expect(order).toEqual(['first', 'second', 'third'])
  expect(await turns.run(async () => 'free again')).toBe('free again')
})

test('a reserved place is there when its work comes, and counts as taken until it is given back', async () => {
  const turns = limited(1, 1, () => new Error('full'))
  const [one, other] = [turns.reserve(), turns.reserve()]
  expect(() => turns.reserve()).toThrow('full')
  await expect(turns.run(async () => undefined)).rejects.toThrow('full')
  other.release()
  other.release()
  const third = turns.reserve()
  expect(() => turns.reserve()).toThrow('full')
  expect(await Promise.all([one.run(async () => 1), third.run(async () => 3)])).toEqual([1, 3])
  one.release()
  await expect(one.run(async () => 1)).rejects.toThrow('over')
  expect(await Promise.all([turns.run(async () => 4), turns.run(async () => 5)])).toEqual([4, 5])
})
