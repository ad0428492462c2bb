import { expect, test } from 'vitest'
import type { AuditEvent } from '@cloakroom/contract'
import { auditEvent, browser } from '../../src/audit/event.ts'
import type { AuditStore } from '../../src/store/store.ts'
import { AT } from './sessions.ts'

function event(n: number, change: { kind?: AuditEvent['kind']; account?: string; request?: string } = {}): AuditEvent {
  const { kind = 'login.failed', account = 'ada', request = `r-${n}` } = change
  return auditEvent({
    kind,
    at: AT + n,
    request,
    actor: browser(account, 'label'),
    address: '192.0.2.1',
    result: 'refused',
    reason: 'login_failed',
    detail: { n, text: 'é', yes: true },
  })
}

export function auditConforms(store: () => AuditStore): void {
  test('events come back as they were appended, the newest first', async () => {
    await store().append([event(1), event(2)])
    await store().append([])
    await store().append([event(3)])
    const read = await store().read({ limit: 10 })
    expect(read.map(({ seq: _seq, ...rest }) => rest)).toEqual([event(3), event(2), event(1)])
    expect((await store().read({ limit: 2 })).map(({ detail }) => detail['n'])).toEqual([3, 2])
  })

  test('numbers rise by one without gaps', async () => {
    await store().append([event(1), event(2), event(3)])
    expect((await store().read({ limit: 10 })).map(({ seq }) => seq)).toEqual([3, 2, 1])
  })

  test('each filter, and all together, finds what matches', async () => {
    await store().append([
      event(1),
      event(2, { kind: 'logout' }),
      event(3, { account: 'bob' }),
      event(4, { kind: 'logout', account: 'bob' }),
    ])
    const found = async (query: { kind?: string; account?: string; request?: string }) =>
      (await store().read({ limit: 10, ...query })).map(({ detail }) => detail['n'])
    expect(await found({ kind: 'logout' })).toEqual([4, 2])
    expect(await found({ account: 'bob' })).toEqual([4, 3])
    expect(await found({ request: 'r-3' })).toEqual([3])
    expect(await found({ kind: 'logout', account: 'bob' })).toEqual([4])
    expect(await found({ kind: 'logout', account: 'bob', request: 'r-4' })).toEqual([4])
    expect(await found({ kind: 'logout', account: 'bob', request: 'r-1' })).toEqual([])
  })
}
