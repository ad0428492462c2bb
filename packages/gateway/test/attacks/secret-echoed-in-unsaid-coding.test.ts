import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Kit, startKit } from '../kit.ts'

let kit: Kit
beforeAll(async () => {
  kit = await startKit({
    upstream: {
      script: (request) => ({
        headers: [
          ['connection', 'content-encoding'],
          ['content-encoding', 'gzip'],
          ['content-type', 'text/plain'],
        ],
        body: gzipSync(`you sent ${request.header('authorization') ?? 'nothing'}`),
      }),
    },
  })
})
afterAll(() => kit.close())

test('VLT-07 HTTP-26 a coding that Connection names away is undone all the same, and the secret inside of it is found', async () => {
  const answer = await kit.call('GET', '/api/shop/other', { cookie: await kit.signIn() })
  expect(answer.header('content-encoding')).toBeNull()
  expect(answer.text).toMatch(/^you sent Bearer \*+$/)
})
