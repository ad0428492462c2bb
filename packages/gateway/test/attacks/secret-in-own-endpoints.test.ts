import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { leaks } from '../../src/decide/credential.ts'
import { Secret } from '../../src/decide/secret.ts'
import { ENDPOINTS } from '../../src/http/endpoint-table.ts'
import { type Kit, startKit } from '../kit.ts'

let kit: Kit
beforeAll(async () => {
  kit = await startKit({
    upstream: { script: (received, index) => (index === 0 ? { body: received.header('authorization') ?? '' } : 'reset') },
  })
})
afterAll(() => kit.close())

const needles = (): readonly Uint8Array[] => leaks({ kind: 'bearer' }, new Secret(Buffer.from(kit.secret)))

describe('C14 VLT-06 none of our own endpoints holds the secret', () => {
  test('the secret was used, echoed, and an upstream broke', async () => {
    const cookie = await kit.signIn()
    const echoed = await kit.call('GET', '/api/shop/echo', { cookie })
    expect(kit.upstream.requests[0]?.header('authorization')).toBe(`Bearer ${kit.secret}`)
    expect(echoed.text).toContain('*****')
    expect((await kit.call('POST', '/api/shop/orders', { cookie, json: {} })).status).toBe(502)
  })

  test.each(ENDPOINTS.map(({ method, path }) => [method, path] as const))('%s %s', async (method, path) => {
    const cookie = await kit.signIn()
    for (const sent of [undefined, cookie]) {
      const answer = await kit.call(method, `/auth${path}`, sent === undefined ? {} : { cookie: sent })
      for (const needle of needles()) expect(answer.raw.indexOf(needle)).toBe(-1)
    }
  })

  test.each(['/metrics', '/healthz', '/debug/pprof', '/', '/env', '/heapdump'])('admin listener: %s', async (path) => {
    const { status, body } = await adminGet(kit.running.adminPort, path)
    expect(status).toBe(path === '/metrics' || path === '/healthz' ? 200 : 404)
    for (const needle of needles()) expect(body.indexOf(needle)).toBe(-1)
  })
})

function adminGet(port: number, path: string): Promise<{ readonly status: number; readonly body: Buffer }> {
  return new Promise((resolve, reject) => {
    const asked = request({ port, path, host: '127.0.0.1', agent: false }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks) }))
    })
    asked.on('error', reject)
    asked.end()
  })
}
