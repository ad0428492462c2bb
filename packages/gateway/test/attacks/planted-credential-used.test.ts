import { afterEach, expect, test } from 'vitest'
import { guardOf } from '../guard-kit.ts'
import { type Kit, startKit } from '../kit.ts'
import { PURPOSES } from '../../src/purposes.ts'
import { createMarks } from '../../src/trap/mark.ts'

/* Somebody reads the website's scripts for keys, finds the one that was put there for him, and tries it. */

let kit: Kit | null = null
afterEach(async () => {
  await kit?.close()
  kit = null
})

const LIKE = 'sk-live-4f9a2bQ7xZk01c8eMw5R'

test('a planted credential is known wherever it is sent, and whoever sends it is shut out; an ordinary key is not', async () => {
  const began = await startKit({
    guard: guardOf('', { id: 'honey', when: 'request.presents_honeytoken', does: '{ ban: { key: ip.net, for: 24h } }' }),
    config: { trustedProxies: ['127.0.0.1'] },
  })
  kit = began
  const planted = createMarks(began.vault.deriveKey(PURPOSES.traps), 'honey').write(LIKE, 7, () => 3) ?? ''
  let address = 0
  const sends = async (path: string, headers: readonly (readonly [string, string])[] = [], cookie?: string) => {
    const from = ['x-forwarded-for', `198.51.100.${(address += 1)}`] as const
    const ask = (at: string, fields: typeof headers) =>
      began.call('GET', at, { headers: [from, ...fields], ...(cookie === undefined ? {} : { cookie }) })
    await ask(path, headers)
    return (await ask('/auth/session', [])).header('cloakroom-error')
  }
  const basic = Buffer.from(`user:${planted}`).toString('base64')
  expect(await sends('/api/shop/products', [['authorization', `Bearer ${planted}`]])).toBe('banned')
  expect(await sends('/api/shop/products', [['authorization', `Basic ${basic}`]])).toBe('banned')
  expect(await sends('/api/shop/products', [['x-api-key', planted]])).toBe('banned')
  expect(await sends(`/api/shop/products?key=${encodeURIComponent(planted)}`)).toBe('banned')
  expect(await sends(`/nowhere/${planted}`)).toBe('banned')
  expect(await sends('/api/shop/products', [], `key=${planted}`)).toBe('banned')
  expect(await sends('/api/shop/products', [['authorization', `Bearer ${LIKE}`]])).toBeNull()
  expect(began.upstream.requests).toHaveLength(0)
}, 30_000)
