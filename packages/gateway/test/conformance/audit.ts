import { createSecretKey, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import type { AuditEvent } from '@cloakroom/contract'
import { auditEvent, browser } from '../../src/audit/event.ts'
import type { AuditStore } from '../../src/store/store.ts'
import { chainKey } from '../../src/audit/chain-key.ts'
import { chainSeal } from '../../src/audit/chain-seal.ts'
import { verifyChain } from '../../src/audit/verify-chain.ts'
import { amendmentText, type ChainPen } from '../../src/store/audit-chain.ts'
import { AT } from './sessions.ts'

const key = chainKey(createSecretKey(Buffer.alloc(32, 7)))
const signer = { sign: key.sign, now: () => AT }
const pen: ChainPen = { random: randomBytes, seal: null }
/** A writer that holds the key. */
const signing = (): ChainPen => ({ random: randomBytes, seal: chainSeal(key, () => AT) })
const verified = async (store: AuditStore) =>
  await verifyChain({ read: (after) => store.chain(after, 2), signatures: await store.signatures(), key, upTo: Infinity })

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
    await store().append([event(1), event(2)], pen)
    await store().append([], pen)
    await store().append([event(3)], pen)
    const read = await store().read({ limit: 10 })
    expect(read.map(({ seq: _seq, ...rest }) => rest)).toEqual([event(3), event(2), event(1)])
    expect((await store().read({ limit: 2 })).map(({ detail }) => detail['n'])).toEqual([3, 2])
  })

  test('numbers rise by one without gaps', async () => {
    await store().append([event(1), event(2), event(3)], pen)
    expect((await store().read({ limit: 10 })).map(({ seq }) => seq)).toEqual([3, 2, 1])
  })

  test('each filter, and all together, finds what matches', async () => {
    await store().append(
      [event(1), event(2, { kind: 'logout' }), event(3, { account: 'bob' }), event(4, { kind: 'logout', account: 'bob' })],
      pen,
    )
    const found = async (query: { kind?: string; account?: string; request?: string }) =>
      (await store().read({ limit: 10, ...query })).map(({ detail }) => detail['n'])
    expect(await found({ kind: 'logout' })).toEqual([4, 2])
    expect(await found({ account: 'bob' })).toEqual([4, 3])
    expect(await found({ request: 'r-3' })).toEqual([3])
    expect(await found({ kind: 'logout', account: 'bob' })).toEqual([4])
    expect(await found({ kind: 'logout', account: 'bob', request: 'r-4' })).toEqual([4])
    expect(await found({ kind: 'logout', account: 'bob', request: 'r-1' })).toEqual([])
  })

  test('a page that begins before an entry holds the older ones', async () => {
    await store().append([event(1), event(2), event(3)], pen)
    expect((await store().read({ limit: 10, before: 3 })).map(({ seq }) => seq)).toEqual([2, 1])
    expect((await store().read({ limit: 10, before: 3, account: 'bob' })).map(({ seq }) => seq)).toEqual([])
  })

  test('LOG-05 what is appended is one chain with a signed end, in however many steps and by however many writers', async () => {
    await store().append([event(1), event(2)], signing())
    await store().append([event(3)], signing())
    const head = await store().append([event(4)], signing())
    expect(head).toMatchObject({ seq: 4, hash: (await store().chain(3, 1))[0]?.hash })
    expect((await store().signatures()).heads.map(({ seq }) => seq)).toEqual([4])
    expect(await verified(store())).toMatchObject({ entries: 4, vouched: 4, fault: null })
  })

  test('LOG-05 of the signed ends one in a thousand entries stays', async () => {
    for (let n = 0; n < 5; n++)
      await store().append(
        Array.from({ length: 500 }, (_, at) => event(at)),
        signing(),
      )
    expect((await store().signatures()).heads.map(({ seq }) => seq)).toEqual([500, 1500, 2500])
  })

  test('LOG-09 old entries are found by age and kind, the last one never; cuts stand for them, and the chain verifies', async () => {
    const kinds = ['logout', 'login.failed', 'login.failed', 'logout', 'login.failed', 'login.failed'] as const
    await store().append(
      kinds.map((kind, n) => event(n, { kind })),
      signing(),
    )
    const old = async (olderThan: number, not: boolean) =>
      (await store().findOld({ olderThan, kinds: ['login.failed'], not, limit: 10 })).map(({ seq }) => seq)
    expect([await old(AT + 9, false), await old(AT + 2, false), await old(AT + 9, true)]).toEqual([[2, 3, 5], [2], [1, 4]])
    expect((await store().findOld({ olderThan: AT + 9, kinds: [], not: true, limit: 2 })).map(({ seq }) => seq)).toEqual([1, 2])
    expect(await store().cut([2, 3, 5], signer)).toBe(3)
    expect(await store().count()).toBe(3)
    expect((await store().signatures()).cuts.map(({ from, seq }) => [from.seq, seq])).toEqual([
      [1, 3],
      [4, 5],
    ])
    expect(await verified(store())).toMatchObject({ entries: 3, cut: 3, fault: null })
    // Neighbours become one; the end of the chain stays whatever is asked.
    expect(await store().cut([4, 1, 6, 77], signer)).toBe(2)
    expect((await store().signatures()).cuts.map(({ from, seq }) => [from.seq, seq])).toEqual([[0, 5]])
    await store().append([event(7)], signing())
    expect(await verified(store())).toMatchObject({ entries: 2, cut: 5, head: { seq: 7 }, fault: null })
  })

  test('PRIV-02 an entry in which a name is replaced keeps its place in the chain; one that is not there as said stays', async () => {
    await store().append([event(1), event(2), event(3)], signing())
    const [, second] = await store().chain(0, 3)
    if (second === undefined) throw new Error('no second entry')
    const pseudonymous = { ...second, salt: null, event: { ...second.event, actor: { ...second.event.actor, account: 'erased-1' } } }
    const amended = { ...pseudonymous, amended: key.sign(amendmentText(pseudonymous)) }
    expect(await store().amend([amended, { ...amended, seq: 3 }])).toBe(1)
    expect((await store().read({ limit: 5, account: 'ada' })).map(({ seq }) => seq)).toEqual([3, 1])
    expect((await store().read({ limit: 5, account: 'erased-1' })).map(({ seq }) => seq)).toEqual([2])
    expect(await verified(store())).toMatchObject({ entries: 3, amended: 1, fault: null })
  })
}
