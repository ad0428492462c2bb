import { randomBytes } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { guardOf } from '../guard-kit.ts'
import { type Kit, startKit } from '../kit.ts'

/* Random session cookies are tried against an API. They cannot be guessed; whoever tries is shut out, and everybody else is not. */

let kit: Kit | null = null
afterEach(async () => {
  await kit?.close()
  kit = null
})

test('RATE-07 whoever tries session identifiers is banned after some, also from the gateway’s own endpoints, and the trail says so', async () => {
  kit = await startKit({
    guard: guardOf(
      'signals:\n  guesses: { on: request, when: session.shown && !session.authenticated, key: ip.net, leaky: { capacity: 20, leak: 1/60s } }',
      { id: 'guessing', when: 'signal.guesses.over', does: '{ ban: { key: ip.net, for: 1h } }' },
    ),
    config: { trustedProxies: ['127.0.0.1'] },
  })
  const { call } = kit
  const honest = await kit.signIn()
  const guess = (path = '/api/shop/products') =>
    call('GET', path, {
      cookie: `__Host-Http-session=${randomBytes(32).toString('base64url')}`,
      headers: [['x-forwarded-for', '198.51.100.66']],
    })
  const codes: (string | null)[] = []
  for (let n = 0; n < 50; n += 1) codes.push((await guess()).header('cloakroom-error'))
  expect(codes.slice(0, 20).every((code) => code === 'session_required')).toBe(true)
  expect(codes.slice(22).every((code) => code === 'banned')).toBe(true)
  expect((await guess('/auth/session')).header('cloakroom-error')).toBe('banned')
  expect(kit.upstream.requests).toHaveLength(0)
  expect((await call('GET', '/api/shop/products', { cookie: honest })).status).toBe(200)
  await kit.running.close(0)
  expect(kit.auditLines().filter(({ kind }) => kind === 'ban.started')).toMatchObject([
    { rule: 'guessing', target: 'ip.net 198.51.100.66' },
  ])
}, 30_000)
