import { expect, test } from 'vitest'
import { makeKit } from '../../test/own-endpoints.ts'
import { makeHead } from '../../test/fixtures.ts'
import { problem } from './problem.ts'

const NAVIGATION = { 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'none' }

async function pageFor(change: Parameters<typeof makeHead>[0]) {
  const kit = makeKit()
  const head = makeHead({ path: '/products', query: 'a=1&b="2"', headers: NAVIGATION, ...change })
  const challenge = await kit.parts.challenges.make(head, 'site', 'easy', '/auth/challenge')
  const refusal = problem('challenge_required', { request: head.id, challenge })
  const page = await kit.endpoints.toPage?.(refusal, head, kit.policy)
  return { refusal, page: page ?? refusal, challenge, text: Buffer.from(page?.body as Uint8Array).toString() }
}

test('a challenge for a person is a page with the puzzle, the way on, and words for who has no JavaScript', async () => {
  const { page, challenge, text } = await pageFor({})
  expect(page.status).toBe(403)
  expect(page.headers).toContainEqual(['cloakroom-error', 'challenge_required'])
  expect(page.headers).toContainEqual(['content-type', 'text/html; charset=utf-8'])
  expect(text).toContain(challenge.signature)
  expect(text).toContain('value="/products?a=1&amp;b=&quot;2&quot;"')
  expect(text).toMatch(/<noscript>[^]*needs JavaScript[^]*request-1[^]*<\/noscript>/)
  expect(text).toMatch(/role="status"/)
  expect(text).not.toMatch(/(?:src|href|action)="(?!\/)/)
})

test('a form that was sent to one of our own pages is led back to that page', async () => {
  const { text } = await pageFor({
    method: 'POST',
    path: '/auth/login',
    query: '',
    headers: { ...NAVIGATION, 'sec-fetch-site': 'same-origin' },
  })
  expect(text).toContain('value="/auth/login"')
})
