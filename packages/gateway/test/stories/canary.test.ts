import { randomBytes } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { type Kit, startKit } from '../kit.ts'

let kit: Kit | null = null
afterEach(async () => {
  await kit?.close().catch(() => undefined)
  kit = null
})

/** An upstream that writes what it got into its answer. */
const TELLING = { script: (request: { header(name: string): string | null }) => ({ body: `you sent ${request.header('authorization')}` }) }

test('VLT-06 LOG-03 a gateway whose guard looks for something else is found out when its story ends', async () => {
  kit = await startKit({
    upstream: TELLING,
    wrapVault: (vault) => ({
      ...vault,
      open: async (name, origin, at) => ({ ...(await vault.open(name, origin, at)), needles: [Buffer.from('something else entirely')] }),
    }),
  })
  const answer = await kit.call('GET', '/api/shop/products', { cookie: await kit.signIn() })
  expect(answer.text).toContain(kit.secret)
  await expect(kit.close()).rejects.toThrow('the secret was found in the answer to GET /api/shop/products')
  kit = null
})

test('VLT-06 LOG-03 so is one that writes the secret into a file', async () => {
  kit = await startKit()
  const line = { ...JSON.parse(JSON.stringify(kit.auditLines()[0])), target: encodeURIComponent(kit.secret) }
  await kit.stores.audit.append([line], { random: randomBytes, seal: null })
  await expect(kit.close()).rejects.toThrow(/the secret was found in data/)
  kit = null
})

test('VLT-06 VLT-07 with the guard the same story ends well', async () => {
  kit = await startKit({ upstream: TELLING })
  const answer = await kit.call('GET', '/api/shop/products', { cookie: await kit.signIn() })
  expect(answer.text).toMatch(/^you sent Bearer \*+$/)
  await kit.close()
  kit = null
})
