import type { AuditEvent, AuditKind } from '@cloakroom/contract'
import { expect, test } from 'vitest'
import { manualLater } from '../../test/fakes/later.ts'
import type { AuditTrail } from './audit.ts'
import { auditEvent, browser, type EventParts } from './event.ts'
import { foldFloods } from './folding.ts'

const MINUTE = 60_000
const START = Date.UTC(2026, 10, 2, 9, 30)

function start() {
  const written: AuditEvent[] = []
  const folded: AuditEvent[] = []
  const time = manualLater()
  const clock = { now: START }
  const figures = { depth: 0, lost: 0, failures: 0, failing: false }
  const inner: AuditTrail = {
    note: (event) => void written.push(event),
    commit: async (event) => void written.push(event),
    figures: () => ({ store: figures, file: figures }),
    signWith: () => undefined,
    isSigned: () => false,
    addSinks: () => undefined,
    rejected: () => undefined,
    reopen: () => undefined,
    close: async () => void written.push(auditEvent({ kind: 'gateway.stopped', at: clock.now })),
  }
  const trail = foldFloods(inner, { clock: () => clock.now, later: time.later, onFolded: (event) => void folded.push(event) })
  const pass = (ms: number) => {
    clock.now += ms
    time.pass(ms)
  }
  const note = (kind: AuditKind, parts: Partial<EventParts> = {}) => trail.note(auditEvent({ kind, at: clock.now, ...parts }))
  const of = (kind: AuditKind) => written.filter((event) => event.kind === kind)
  return { trail, written, folded, pass, note, of, time, clock }
}

const refusal = (address: string, reason = 'not_found') =>
  ({ address, reason, target: 'GET /x', result: 'refused', actor: browser(null, null) }) as const

test('LOG-01 what fits the budget is written whole, in order, and at once', () => {
  const { note, written, folded } = start()
  for (let count = 0; count < 60; count += 1) note('request.refused', { ...refusal('192.0.2.1'), target: `GET /${count}` })
  expect(written.map(({ target }) => target)).toEqual(Array.from({ length: 60 }, (_, count) => `GET /${count}`))
  expect(folded).toEqual([])
})

test('LOG-01 beyond it they are one event with a count, the first and last address, and the times', () => {
  const { note, of, folded, pass } = start()
  for (let count = 0; count < 60; count += 1) note('request.refused', refusal('192.0.2.1'))
  pass(1000)
  note('request.refused', refusal('192.0.2.2'))
  for (let count = 0; count < 5000; count += 1) note('request.refused', refusal('192.0.2.3'))
  pass(1000)
  note('request.refused', refusal('192.0.2.4'))
  pass(MINUTE)
  expect(of('request.refused')).toHaveLength(60)
  expect(of('audit.folded')).toEqual([
    expect.objectContaining({
      reason: 'not_found',
      result: 'refused',
      detail: {
        kind: 'request.refused',
        count: 5002,
        from: new Date(START + 1000).toISOString(),
        to: new Date(START + 2000).toISOString(),
        firstAddress: '192.0.2.2',
        lastAddress: '192.0.2.4',
      },
    }),
  ])
  expect(folded).toHaveLength(5002)
})

test('while a flood goes on there are samples only; after a calm minute everything is written again', () => {
  const { note, of, pass } = start()
  const flood = () => {
    for (let count = 0; count < 500; count += 1) note('request.refused', refusal('192.0.2.1'))
  }
  flood()
  pass(MINUTE)
  flood()
  pass(MINUTE)
  expect(of('request.refused')).toHaveLength(60 + 6)
  expect(of('audit.folded').map(({ detail }) => detail['count'])).toEqual([440, 494])
  pass(MINUTE)
  pass(MINUTE)
  flood()
  expect(of('request.refused')).toHaveLength(66 + 60)
})

test('one flood hides no other: reasons, kinds and accounts have budgets of their own', () => {
  const { note, written } = start()
  for (let count = 0; count < 1000; count += 1) {
    note('request.refused', refusal('192.0.2.1'))
    note('login.failed', { target: 'ada', reason: 'login_failed', result: 'failed' })
  }
  const others: readonly (readonly [AuditKind, Partial<EventParts>])[] = [
    ['request.refused', refusal('192.0.2.9', 'cross_site')],
    ['login.failed', { target: 'grace', reason: 'login_failed', result: 'failed' }],
    ['login.throttled', { target: 'ada', reason: 'too_many_attempts', result: 'refused' }],
    ['upstream.failed', { target: 'shop', reason: 'upstream_timeout', result: 'failed' }],
    ['visit.started', {}],
  ]
  for (const [kind, parts] of others) {
    const before = written.length
    note(kind, parts)
    expect(written.slice(before).map((event) => event.kind)).toEqual([kind])
  }
})

test('LOG-01 nothing of a signed-in account, a session or a secret is ever folded, nor what somebody waits for', async () => {
  const { trail, note, of, folded } = start()
  const whole: readonly AuditKind[] = [
    'login.succeeded',
    'logout',
    'session.started',
    'session.ended',
    'password.changed',
    'password.locked',
    'account.disabled',
    'secret.reflected',
    'secret.rotated',
    'vault.open_failed',
    'upstream.tls_failed',
    'config.rejected',
  ]
  for (let count = 0; count < 200; count += 1) {
    for (const kind of whole) note(kind, { target: 'x', reason: 'y' })
    note('request.refused', { ...refusal('192.0.2.1'), actor: browser('ada', null) })
    await trail.commit(auditEvent({ kind: 'login.failed', at: START }))
  }
  for (const kind of [...whole, 'request.refused', 'login.failed'] as const) expect(of(kind)).toHaveLength(200)
  expect(folded).toEqual([])
})

test('a ban that cannot be, asked for a thousand times, is one line with its count; bans that are made are written whole', () => {
  const { note, of, time } = start()
  for (let count = 0; count < 1000; count += 1)
    note('ban.started', { target: 'ip.net 127.0.0.1', rule: 'probe', result: 'refused', reason: 'trusted proxy' })
  for (let count = 0; count < 200; count += 1) note('ban.started', { target: `ip.net 198.51.100.${count}`, rule: 'probe' })
  time.pass(60_000)
  expect(of('ban.started').filter(({ result }) => result === 'ok')).toHaveLength(200)
  expect(of('ban.started').filter(({ result }) => result === 'refused')).toHaveLength(60)
  expect(of('audit.folded')).toEqual([
    expect.objectContaining({ reason: 'trusted proxy', detail: expect.objectContaining({ count: 940 }) }),
  ])
})

test('what was counted is written before the trail closes, and when the clock jumps back', async () => {
  const { trail, note, of, written, clock, time } = start()
  for (let count = 0; count < 70; count += 1) note('visit.started', { address: '192.0.2.1' })
  clock.now -= 3_600_000
  note('visit.started', { address: '192.0.2.1' })
  expect(of('audit.folded').map(({ detail }) => detail['count'])).toEqual([10])
  for (let count = 0; count < 9; count += 1) note('visit.started', { address: '192.0.2.1' })
  await trail.close()
  expect(of('audit.folded').map(({ detail }) => detail['count'])).toEqual([10, 4])
  expect(written.at(-1)?.kind).toBe('gateway.stopped')
  expect(time.waiting()).toEqual([])
})

test('a quiet gateway holds no window and no timer', () => {
  const { note, pass, time } = start()
  note('visit.started')
  expect(time.waiting()).toEqual([MINUTE])
  pass(MINUTE)
  expect(time.waiting()).toEqual([])
})
