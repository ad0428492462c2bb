import { expect, test } from 'vitest'
import { manualLater } from '../../test/fakes/later.ts'
import type { Answer, BodySource } from '../answer.ts'
import { createTarpit } from './tarpit.ts'

const REFUSAL: Answer = { status: 403, headers: [['content-type', 'application/problem+json']], body: Buffer.from('{"code":"blocked"}') }

function read(answer: Answer | null) {
  const got = { text: '', ended: false }
  const body = answer?.body as BodySource
  body.start({
    chunk: (bytes) => ((got.text += Buffer.from(bytes).toString()), true),
    end: () => void (got.ended = true),
    fail: () => undefined,
  })
  return { got, body }
}

test('the refusal comes a blank at a time, then whole, and can still be read as what it is', () => {
  const time = manualLater()
  const tarpit = createTarpit(time.later)
  const answer = tarpit.slow(REFUSAL, 10_000)
  expect(answer).toMatchObject({ status: 403, body: { length: null } })
  const { got } = read(answer)
  for (let n = 1; n <= 5; n += 1) {
    time.pass(2_000)
    expect(got).toEqual({ text: ' '.repeat(n), ended: false })
  }
  time.pass(2_000)
  expect(got.ended).toBe(true)
  expect(JSON.parse(got.text)).toEqual({ code: 'blocked' })
  expect(tarpit.held).toBe(0)
})

test('no more are held than may be; a place that is left is free again', () => {
  const time = manualLater()
  const tarpit = createTarpit(time.later, 2)
  const [first, second] = [tarpit.slow(REFUSAL, 60_000), tarpit.slow(REFUSAL, 60_000)]
  expect(tarpit.slow(REFUSAL, 60_000)).toBeNull()
  const { body } = read(first)
  read(second)
  body.cancel(new Error('gone'))
  body.cancel(new Error('gone'))
  expect(tarpit.held).toBe(1)
  expect(tarpit.slow(REFUSAL, 60_000)).not.toBeNull()
})

test('a visitor who leaves is not written to any more', () => {
  const time = manualLater()
  const { got, body } = read(createTarpit(time.later).slow(REFUSAL, 60_000))
  time.pass(2_000)
  body.cancel(new Error('gone'))
  time.pass(60_000)
  expect(got).toEqual({ text: ' ', ended: false })
})
