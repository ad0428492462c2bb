import { afterEach, expect, test } from 'vitest'
import { type Kit, startKit } from '../kit.ts'
import { type MailServer, startMailServer } from '../mail-server.ts'

let kit: Kit
let mail: MailServer
afterEach(async () => {
  await kit?.close()
  await mail?.close()
})

test('an API that refuses the version in use and takes the one before: the visitor has his answer, the owner a letter', async () => {
  mail = await startMailServer()
  const taken = new Set<string>()
  kit = await startKit({
    config: { mail: { smtp: mail.smtp, from: 'gate@example.com' }, notify: { mail: ['owner@example.com'] } },
    upstream: {
      script: (request) => (taken.has(request.header('authorization') ?? '') ? { body: 'welcome' } : { status: 401, body: 'who are you' }),
    },
  })
  taken.add(`Bearer ${kit.secret}`)
  const cookie = await kit.signIn()
  const products = async () => await kit.call('GET', '/api/shop/products', { cookie })
  expect((await products()).text).toBe('welcome')
  expect(mail.letters).toEqual([])
  // Typed wrong, or not yet known to the API: nobody may notice but the owner.
  const wrong = `canary-mistyped-${'k'.repeat(20)}`
  expect((await kit.vault.rotate('shop-key', { value: Buffer.from(wrong), retireAfterMs: 3_600_000 }, kit.clock.now)).kind).toBe('done')
  expect(await products()).toMatchObject({ status: 200, text: 'welcome' })
  const [letter] = await mail.wait(1)
  expect(letter?.to).toBe('owner@example.com')
  expect(`${letter?.subject}\n${letter?.text}`).toMatch(/shop-key/)
  expect(`${letter?.subject}\n${letter?.text}`).toMatch(/version before|refused/i)
  for (const secret of [kit.secret, wrong]) expect(JSON.stringify(letter)).not.toContain(secret)
  // One letter of it, however many calls there are.
  for (let call = 0; call < 20; call += 1) await products()
  expect(mail.letters).toHaveLength(1)
})
