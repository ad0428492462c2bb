import { createServer, type Server } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CHECKS, UNTRIED } from './checks.ts'
import type { Arrived, Subject, SubjectApi } from './subject.ts'

const SECRET = 'selftest:of-a-gateway-that-is-none'
const COOKIE = 'session=known-to-everybody'

/** Passes on whatever comes, with the secret, and shows the visitor all of it. */
let server: Server
const arrived: Arrived[] = []
beforeAll(async () => {
  server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', (chunk) => {
      const [line = '', ...rest] = chunk.toString('latin1').split('\r\n')
      const [method = '', url = ''] = line.split(' ')
      const fields = rest.flatMap((field) => (field.includes(': ') ? [field.split(': ') as [string, string]] : []))
      const sent: Arrived = { method, url: '/', fields: [...fields, ['authorization', `Bearer ${SECRET}`]] }
      arrived.push(sent)
      socket.end(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n${JSON.stringify([url, sent])}`)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(() => {
  server.close()
})

function noGateway(change: Partial<Subject> = {}): Subject {
  const { port } = server.address() as AddressInfo
  const api: SubjectApi = { name: 'shop', target: '/api/shop/x', admits: 'session', secret: SECRET }
  return {
    port,
    adminPort: port,
    host: `localhost:${port}`,
    apis: [api],
    arrived,
    signIn: async () => ({ setCookie: `${COOKIE}; Domain=example.com`, end: async () => undefined }),
    files: () => new Map([['access.log', Buffer.from(`authorization: Bearer ${SECRET}`)]]),
    badEntry: async () => null,
    breakStore: () => undefined,
    ...change,
  }
}

test.each(CHECKS.map((check) => [check.what, check] as const))(
  'ADM-06 against a server that defends nothing it fails: %s',
  async (_what, { run }) => {
    expect(await run(noGateway())).toEqual(expect.any(String))
  },
)

test('ADM-06 a trail that is broken before anybody touches it, an API that nobody reaches and a secret that does not go along are faults, too', async () => {
  const run = async (row: string, change: Partial<Subject>) => await CHECKS.find(({ rows }) => rows.includes(row))?.run(noGateway(change))
  expect(await run('LOG-05', { badEntry: async () => 3 })).toMatch(/^entry 3 /)
  expect(await run('VLT-06', { arrived: [] })).toMatch(/was not reached/)
  const other = { name: 'shop', target: '/x', admits: 'session', secret: 'another-one-of-24-letters' } as const
  expect(await run('VLT-06', { apis: [other] })).toMatch(/without its secret/)
})

test('ADM-06 where there is nothing to try it on, a check does not claim that it holds', async () => {
  const results = await Promise.all(CHECKS.filter(({ rows }) => rows.includes('SES-05')).map(({ run }) => run(noGateway({ apis: [] }))))
  expect(results).toEqual([UNTRIED])
})
