import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Kit, startKit } from '../kit.ts'
import { converse } from '../raw.ts'

let kit: Kit
let cookie: string
beforeAll(async () => {
  kit = await startKit({ config: { shop: { allow: ['POST /orders', 'DELETE /orders/*'], limits: { requestBody: '1KiB' } } } })
  cookie = await kit.signIn()
})
afterAll(() => kit.close())

function ask(head: string, body: string | null, options: { readonly method?: string; readonly cookie?: string } = {}) {
  const { method = 'POST', cookie: sent = cookie } = options
  const path = method === 'DELETE' ? '/api/shop/orders/1' : '/api/shop/orders'
  const text = `${method} ${path} HTTP/1.1\r\nHost: ${new URL(kit.origin).host}\r\nX-CSRF: 1\r\nCookie: ${sent}\r\n${head}\r\n${body ?? ''}`
  return converse(kit.running.port, [{ pieces: [{ bytes: Buffer.from(text) }] }], 1000)
}

test('HTTP-23 the sender is told to go on once it is known that the body is wanted', async () => {
  const { answers } = await ask('Content-Length: 5\r\nExpect: 100-continue\r\n', 'hello')
  expect(answers.map(({ status, interim }) => [status, interim])).toEqual([[200, [100]]])
  expect(kit.upstream.requests.at(-1)?.body.toString()).toBe('hello')
  expect(kit.upstream.requests.at(-1)?.header('expect')).toBeNull()
})

test.each([
  ['a stranger', 'Content-Length: 5\r\n', { cookie: 'a=b' }, 401],
  ['a body over the limit', 'Content-Length: 5000\r\n', {}, 413],
  ['DELETE with a body', 'Content-Length: 5\r\n', { method: 'DELETE' }, 400],
] as const)('HTTP-23 %s gets the refusal, no 100, and no byte of the body is read', async (_who, length, options, status) => {
  const before = kit.upstream.bodyBytes
  const { answers, closed } = await ask(`${length}Expect: 100-continue\r\n`, null, options)
  expect(answers.map((answer) => [answer.status, answer.interim])).toEqual([[status, []]])
  expect(closed).toBe(true)
  expect(kit.upstream.bodyBytes).toBe(before)
})

test('HTTP-23 what cannot be expected is refused', async () => {
  for (const expectation of ['200-ok', '100-continue, 200-ok', 'x100-continue']) {
    const { answers, closed } = await ask(`Content-Length: 5\r\nExpect: ${expectation}\r\n`, 'hello')
    expect([answers.map(({ status }) => status), closed]).toEqual([[417], true])
  }
})

test('HTTP-24 DELETE with a body passes where the owner says that the API wants it', async () => {
  expect((await ask('Content-Length: 5\r\n', 'hello', { method: 'DELETE' })).answers[0]?.status).toBe(400)
  const other = await startKit({
    config: { shop: { access: 'public', unsafeAllowPublicWrites: true, allow: ['DELETE /**'], deleteBody: true } },
  })
  const answer = await other.call('DELETE', '/api/shop/orders', { body: 'hello' })
  expect(answer.status).toBe(200)
  expect(other.upstream.requests[0]?.body.toString()).toBe('hello')
  await other.close()
})
