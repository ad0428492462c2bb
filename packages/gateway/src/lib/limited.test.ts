import { expect, test } from 'vitest'
import { limited } from './limited.ts'

test('turns are taken in order, a failed one passes its place on, and a full queue says so', async () => {
  const turn = limited(1, 2, () => new Error('full'))
  const order: string[] = []
  let open: () => void = () => undefined
  const first = turn(async () => {
    await new Promise<void>((resolve) => (open = resolve))
    order.push('first')
    throw new Error('broken')
  })
  const second = turn(async () => void order.push('second'))
  const third = turn(async () => void order.push('third'))
  await expect(turn(async () => undefined)).rejects.toThrow('full')
  open()
  await expect(first).rejects.toThrow('broken')
  await Promise.all([second, third])
  expect(order).toEqual(['first', 'second', 'third'])
  expect(await turn(async () => 'free again')).toBe('free again')
})
