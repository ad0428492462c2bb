import { Readable } from 'node:stream'
import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { dispatchAdmin } from './dispatch.ts'
import { endpoint, said } from './endpoint.ts'
import type { Answer } from '../answer.ts'
import type { AdminParts } from './parts.ts'

const parts = {
  clock: () => 1_780_000_000_000,
  policy: () => ({ trustedProxies: [] }),
  audit: { note: () => undefined, commit: () => Promise.resolve() },
  admins: { loginCookies: { open: () => null }, stores: { counters: { add: () => [{ over: false, retryAfterMs: 0 }] } } },
} as unknown as AdminParts

function requestOf(method: string, url: string, body = ''): IncomingMessage {
  const headers = { 'x-csrf': '1', 'content-type': 'application/json' }
  const socket = { remoteAddress: '127.0.0.1' }
  return Object.assign(Readable.from(body === '' ? [] : [Buffer.from(body)]), {
    method,
    url,
    headers,
    rawHeaders: [],
    socket,
  }) as unknown as IncomingMessage
}

function textOf(body: Answer['body']): string {
  return body instanceof Uint8Array ? Buffer.from(body).toString() : ''
}

test('what the document does not name does not leave, whatever a row answers', async () => {
  const row = endpoint({
    id: 'show',
    method: 'GET',
    path: '/show/{name}',
    callers: 'anyone',
    about: '',
    answer: z.object({ name: z.string(), inner: z.object({ known: z.int() }) }),
    run: async ({ params }) => said({ name: params['name'] ?? '', password: 'a hash', inner: { known: 1, secret: 'x' } }),
  })
  const answer = await dispatchAdmin(parts, [row], requestOf('GET', '/admin/show/b%20c'), 'r-1')
  expect([answer.status, textOf(answer.body)]).toEqual([200, '{"name":"b c","inner":{"known":1}}'])
})

test('what cannot be read is named by its field and never repeated: it may be a password in the wrong one', async () => {
  const row = endpoint({
    id: 'act',
    method: 'POST',
    path: '/act',
    callers: 'anyone',
    about: '',
    query: z.strictObject({ limit: z.coerce.number().int().optional() }),
    body: z.strictObject({ count: z.int() }),
    answer: null,
    run: async () => said(null),
  })
  const asked = async (url: string, body: string) => {
    const { status, body: said } = await dispatchAdmin(parts, [row], requestOf('POST', url, body), 'r-1')
    return [status, textOf(said)] as const
  }
  expect((await asked('/admin/act', '{"count":1}'))[0]).toBe(204)
  for (const [url, body, status, word] of [
    ['/admin/act', '{"count":"hunter2"}', 422, 'count'],
    ['/admin/act', '{"count":1,"hunter2":"x"}', 422, ''],
    ['/admin/act?limit=hunter2', '{"count":1}', 422, 'limit'],
    ['/admin/act?limit=1&limit=2', '{"count":1}', 422, 'twice'],
    ['/admin/act', '["hunter2"]', 400, ''],
    ['/admin/act', 'hunter2', 400, ''],
    ['/admin/act', `{"count":1,"x":"${'y'.repeat(70_000)}"}`, 413, ''],
  ] as const) {
    const [found, text] = await asked(url, body)
    expect(found, url + body.slice(0, 40)).toBe(status)
    expect(text).toContain(word)
    expect(text.replace('Unrecognized key: \\"hunter2\\"', '')).not.toContain('hunter2')
  }
})
