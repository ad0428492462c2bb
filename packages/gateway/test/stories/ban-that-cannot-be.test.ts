import { expect, test } from 'vitest'
import { guardOf } from '../guard-kit.ts'
import { startKit } from '../kit.ts'
test('a ban that cannot be, asked for by an event, is refused a few times at most', async () => {
  const kit = await startKit({
    guard: guardOf('signals: { fails: { on: event, when: event.type == "login.failed", key: ip.net, sum: { per: 1h, max: 1 } } }', {
      id: 'g',
      phase: 'event',
      when: 'signal.fails.over',
      does: '{ ban: { key: ip.net, for: 10m } }',
    }),
    config: { trustedProxies: ['127.0.0.1'] },
  })
  for (let n = 0; n < 3; n += 1) await kit.call('POST', '/auth/login', { json: { account: 'ada', password: 'wrong wrong' } })
  await new Promise((resolve) => setTimeout(resolve, 300))
  await kit.running.close(0)
  expect(kit.auditLines().filter(({ kind }) => kind === 'ban.started').length).toBeLessThan(10)
  await kit.close()
})
