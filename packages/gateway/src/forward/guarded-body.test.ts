import { expect, test } from 'vitest'
import type { BodySink, BodySource } from '../answer.ts'
import { GuardedBody, type GuardedBodyOptions, HOLD_BYTES } from './guarded-body.ts'
import { createLeakStopper } from './leaks.ts'
import { searcherOf } from './search.ts'

/** A source that the test drives, and a reader that says what it got. */
function scene(options: Partial<GuardedBodyOptions> = {}) {
  const calls: string[] = []
  const upstream: { sink: BodySink | null } = { sink: null }
  const source: BodySource = {
    length: null,
    start: (sink) => {
      upstream.sink = sink
    },
    resume: () => void calls.push('resume'),
    cancel: () => void calls.push('cancel'),
  }
  const searcher = searcherOf([Buffer.from('secret')]) ?? expect.unreachable()
  const body = new GuardedBody(
    {
      source,
      stopper: createLeakStopper(searcher),
      withhold: false,
      onLeak: () => void calls.push('leak'),
      onOver: (failure) => void calls.push(failure === null ? 'over' : `over: ${failure.message}`),
      ...options,
    },
    null,
  )
  const sink = upstream.sink ?? expect.unreachable()
  const got: string[] = []
  const reader = (admits: () => boolean = () => true): BodySink => ({
    chunk: (bytes) => {
      got.push(Buffer.from(bytes).toString())
      return admits()
    },
    end: () => void got.push('end'),
    fail: (cause) => void got.push(`fail: ${cause.message}`),
  })
  const push = (text: string): boolean => sink.chunk(Buffer.from(text))
  return { body, sink, calls, got, reader, push }
}

test('HTTP-26 what nobody reads yet is bounded, and goes on when somebody does', () => {
  const { body, calls, got, reader, push } = scene()
  let kept = 0
  while (push('x'.repeat(1000))) kept += 1000
  expect(kept).toBeLessThan(HOLD_BYTES)
  expect(calls).toEqual([])
  body.start(reader())
  expect(got.join('')).toHaveLength(kept + 1000)
  expect(calls).toEqual(['resume'])
  expect(push('y')).toBe(true)
})

test('HTTP-26 a reader that says stop gets nothing more until it resumes, and then all of it, in order', () => {
  const { body, sink, calls, got, reader, push } = scene()
  body.start(reader(() => false))
  expect([push('a'), push('b'), push('c')]).toEqual([false, false, false])
  sink.end()
  expect(got).toEqual(['a'])
  for (let turn = 0; turn < 3; turn++) body.resume()
  expect(got).toEqual(['a', 'b', 'c', 'end'])
  expect(calls).toEqual(['over'])
})

test('a body that is here is taken whole; one that is not, or that failed, is not', () => {
  const whole = scene()
  whole.push('a secret, ')
  expect(whole.body.takeWhole()).toBeNull()
  whole.push('and more')
  whole.sink.end()
  expect(Buffer.from(whole.body.takeWhole() ?? []).toString()).toBe('a ******, and more')
  const failed = scene()
  failed.push('a')
  failed.sink.fail(new Error('broken'))
  expect(failed.body.takeWhole()).toBeNull()
  expect(failed.body.failure?.message).toBe('broken')
})

test('a body that breaks off hands on what came before, and says so', () => {
  const { body, sink, calls, got, reader, push } = scene()
  push('half')
  sink.fail(new Error('broken'))
  body.start(reader())
  expect(got).toEqual(['half', 'fail: broken'])
  expect(calls).toEqual(['over: broken'])
})

test('VLT-07 withheld: the source is let go, nothing from the leak on goes out, and what still comes is ignored', () => {
  const { body, sink, calls, got, reader, push } = scene({ withhold: true })
  body.start(reader())
  push('before sec')
  expect(push('ret after')).toBe(false)
  push('more')
  sink.end()
  expect(got).toEqual(['before ', 'fail: answer_withheld: the answer held a form of the credential'])
  expect(calls).toEqual(['leak', 'cancel', 'over: answer_withheld: the answer held a form of the credential'])
})

test('VLT-07 redacted: told once, however often it comes', () => {
  const { body, sink, calls, got, reader, push } = scene()
  body.start(reader())
  push('secret secret')
  push(' secret')
  sink.end()
  expect(got.join('')).toBe('****** ****** ******end')
  expect(calls).toEqual(['leak', 'over'])
})

test('a reader that leaves takes the source along, once', () => {
  const { body, sink, calls, got, reader, push } = scene()
  body.start(reader())
  push('a')
  body.cancel(new Error('gone'))
  body.cancel(new Error('gone'))
  expect(push('b')).toBe(false)
  sink.end()
  expect(got).toEqual(['a'])
  expect(calls).toEqual(['cancel', 'over'])
})

test('a reader that leaves while it is handed a piece hears nothing more', () => {
  const { body, got, calls, push } = scene()
  push('a')
  push('b')
  body.start({
    chunk(bytes) {
      got.push(Buffer.from(bytes).toString())
      body.cancel(new Error('gone'))
      return true
    },
    end: () => void got.push('end'),
    fail: () => void got.push('fail'),
  })
  expect([got, calls]).toEqual([['a'], ['cancel', 'over']])
})

test('what is searched before the head goes out: the end, a failure, or enough', async () => {
  const ended = scene({ withhold: true })
  const first = ended.body.searched()
  ended.sink.end()
  await first
  const failed = scene({ withhold: true })
  const second = failed.body.searched()
  failed.sink.fail(new Error('broken'))
  await second
  const long = scene({ withhold: true })
  const third = long.body.searched()
  while (long.push('x'.repeat(10_000)));
  await third
  const gone = scene({ withhold: true })
  const fourth = gone.body.searched()
  gone.body.cancel(new Error('gone'))
  await fourth
  expect(gone.body.failure?.message).toBe('gone')
})
