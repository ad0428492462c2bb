import { afterEach, expect, test } from 'vitest'
import { type Kit, startKit } from '../kit.ts'

let kit: Kit
afterEach(() => kit.close())

test('C4 HDR-02 a fresh install believes no forwarded address and no forwarded scheme', async () => {
  kit = await startKit()
  await kit.call('GET', '/api/shop/products', {
    headers: [
      ['x-forwarded-for', '6.6.6.6'],
      ['forwarded', 'for=6.6.6.6;proto=https'],
      ['x-real-ip', '6.6.6.6'],
      ['x-forwarded-proto', 'https'],
    ],
  })
  await kit.running.close(0)
  const refusal = kit.auditLines().find(({ kind }) => kind === 'request.refused')
  expect(refusal?.['address']).toBe('127.0.0.1')
})

test('C4 HDR-02 a named proxy is believed, and only for the hop that it saw itself', async () => {
  kit = await startKit({ config: { trustedProxies: ['127.0.0.1'] } })
  await kit.call('GET', '/api/shop/products', { headers: [['x-forwarded-for', '6.6.6.6, 203.0.113.9']] })
  await kit.running.close(0)
  expect(kit.auditLines().find(({ kind }) => kind === 'request.refused')?.['address']).toBe('203.0.113.9')
})
