import { expect, test } from 'vitest'
import { problem } from './problem.ts'

test('RATE-01 a throttled visitor reads how long to wait, and which limit he met', () => {
  const rateLimit = { policy: 'calls', limit: 20, windowMs: 60_000, remaining: 0, resetMs: 2100 }
  const answer = problem('throttled', { request: 'r1', retryAfterMs: 2100, rateLimit })
  const fields = new Map(answer.headers)
  expect(answer.status).toBe(429)
  expect([fields.get('retry-after'), fields.get('ratelimit-policy'), fields.get('ratelimit')]).toEqual([
    '3',
    '"calls";q=20;w=60',
    '"calls";r=0;t=3',
  ])
})

test('a blocked visitor sees the id of the decision and nothing of the rule', () => {
  const answer = problem('blocked', { request: 'r1' })
  expect(JSON.parse(Buffer.from(answer.body as Uint8Array).toString())).toEqual({
    type: 'about:blank',
    title: 'This request was refused.',
    status: 403,
    code: 'blocked',
    request: 'r1',
  })
})
