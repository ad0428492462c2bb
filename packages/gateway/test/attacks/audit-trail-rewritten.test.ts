import { createSecretKey, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { AuditEvent } from '@cloakroom/contract'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { chainKey } from '../../src/audit/chain-key.ts'
import { chainSeal } from '../../src/audit/chain-seal.ts'
import { auditEvent } from '../../src/audit/event.ts'
import { type ChainReport, verifyChain } from '../../src/audit/verify-chain.ts'
import { amendmentText, type ChainEntry, digestOf, linkHash, signCut } from '../../src/store/audit-chain.ts'
import { memoryAudit } from '../../src/store/memory/audit.ts'
import { openSqlite } from '../../src/store/sqlite/open.ts'
import type { ChainSignatures, Stores } from '../../src/store/store.ts'

const AT = Date.UTC(2026, 10, 2)
const key = chainKey(createSecretKey(randomBytes(32)))
const stranger = chainKey(createSecretKey(randomBytes(32)))
const signer = { sign: key.sign, now: () => AT }

function event(n: number, target = `t-${n}`): AuditEvent {
  return auditEvent({ kind: n % 3 === 0 ? 'request.refused' : 'login.failed', at: AT + n, target, result: 'refused' })
}

describe('in the database, with every right to write to it', () => {
  let folder = ''
  let stores: Stores
  let db: DatabaseSync
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rewritten-'))
    stores = openSqlite(folder)
    for (let n = 1; n <= 20; n += 2) await stores.audit.append([event(n), event(n + 1)], writer())
    db = new DatabaseSync(join(folder, 'durable.sqlite'))
  })
  afterEach(async () => {
    db.close()
    await stores.close()
    rmSync(folder, { recursive: true })
  })
  const writer = () => ({ random: randomBytes, seal: chainSeal(key, () => AT) })
  const verify = async (): Promise<ChainReport> =>
    await verifyChain({
      read: (after) => stores.audit.chain(after, 7),
      signatures: await stores.audit.signatures(),
      key,
      upTo: (await stores.audit.read({ limit: 1 }))[0]?.seq ?? 0,
    })
  const eventOf = (seq: number): string => String(db.prepare('SELECT event FROM audit WHERE seq = ?').get(seq)?.['event'])

  test('LOG-05 untouched it holds', async () => {
    expect(await verify()).toMatchObject({ entries: 20, vouched: 20, fault: null })
  })

  const TABLE: readonly (readonly [string, () => void, ChainReport['fault']])[] = [
    [
      'a word in an event',
      () => db.exec("UPDATE audit SET event = replace(event, 't-7', 't-8') WHERE seq = 7"),
      { seq: 7, what: 'altered' },
    ],
    ['an event that is no JSON', () => db.exec("UPDATE audit SET event = 'gone' WHERE seq = 7"), { seq: 7, what: 'altered' }],
    ['a time', () => db.exec("UPDATE audit SET event = replace(event, '2026', '2025') WHERE seq = 1"), { seq: 1, what: 'altered' }],
    ['the salt', () => db.exec("UPDATE audit SET salt = 'aa' WHERE seq = 3"), { seq: 3, what: 'altered' }],
    ['the digest', () => db.exec(`UPDATE audit SET digest = '${'0'.repeat(64)}' WHERE seq = 3`), { seq: 3, what: 'altered' }],
    ['a hash', () => db.exec(`UPDATE audit SET hash = '${'0'.repeat(64)}' WHERE seq = 3`), { seq: 3, what: 'out-of-chain' }],
    ['a deleted entry', () => db.exec('DELETE FROM audit WHERE seq = 9'), { seq: 9, what: 'missing' }],
    ['the first entries deleted', () => db.exec('DELETE FROM audit WHERE seq < 4'), { seq: 1, what: 'missing' }],
    ['the end cut off', () => db.exec('DELETE FROM audit WHERE seq > 15'), { seq: 16, what: 'missing' }],
    [
      'the end cut off with its signature',
      () => db.exec('DELETE FROM audit WHERE seq > 15; DELETE FROM audit_head'),
      { seq: 1, what: 'unsigned' },
    ],
    ['everything deleted', () => db.exec('DELETE FROM audit; DELETE FROM audit_head'), { seq: 1, what: 'missing' }],
    [
      'two entries exchanged',
      () =>
        db.exec('UPDATE audit SET seq = 99 WHERE seq = 5; UPDATE audit SET seq = 5 WHERE seq = 6; UPDATE audit SET seq = 6 WHERE seq = 99'),
      { seq: 5, what: 'out-of-chain' },
    ],
    ['an entry put in, the rest moved up', () => putIn(8), { seq: 8, what: 'out-of-chain' }],
    ['an entry put at the end', () => forge(20, false), { seq: 21, what: 'unsigned' }],
    ['an entry rewritten with its digest and hash', () => forge(11, true), { seq: 12, what: 'out-of-chain' }],
    ['an entry and everything after it rewritten', () => rewriteFrom(11), { seq: 20, what: 'not-as-signed' }],
    [
      'an entry and everything after it rewritten, signed with another key',
      () => {
        rewriteFrom(11)
        const head = db.prepare('SELECT hash FROM audit WHERE seq = 20').get()
        db.prepare('UPDATE audit_head SET hash = ?, signature = ?').run(String(head?.['hash']), stranger.sign('x'))
      },
      { seq: 20, what: 'not-as-signed' },
    ],
    [
      'a deletion that claims its time was over',
      () => {
        const [from, to] = [hashAt(6), hashAt(8)]
        db.exec('DELETE FROM audit WHERE seq IN (7, 8)')
        const cut = signCut({ seq: 6, hash: from }, { seq: 8, hash: to }, { sign: stranger.sign, now: () => AT })
        db.prepare('INSERT INTO audit_cut VALUES (?, ?, ?, ?, ?, ?)').run(8, to, 6, from, AT, cut.signature)
      },
      { seq: 7, what: 'missing' },
    ],
    [
      'an event replaced as if a person had been forgotten',
      () => db.exec("UPDATE audit SET event = replace(event, 't-7', 't-8'), salt = NULL, amended = 'AAAA' WHERE seq = 7"),
      { seq: 7, what: 'amendment-forged' },
    ],
  ]
  test.each(TABLE)('LOG-05 %s: the first bad entry is named', async (_what, attack, fault) => {
    attack()
    expect((await verify()).fault).toEqual(fault)
  })

  test('LOG-05 a signed amendment of one entry does not stand in for another', async () => {
    const [one] = await stores.audit.chain(6, 1)
    if (one === undefined) throw new Error('no entry')
    const changed = { ...one, event: event(7, 'someone'), salt: null }
    const amended = key.sign(amendmentText(changed))
    db.prepare('UPDATE audit SET event = ?, salt = NULL, amended = ? WHERE seq = 8').run(JSON.stringify(changed.event), amended)
    expect((await verify()).fault).toEqual({ seq: 8, what: 'amendment-forged' })
  })

  test('LOG-09 what was deleted in its time does not come back, and the cut over it is good for nothing else', async () => {
    const row = db.prepare('SELECT * FROM audit WHERE seq = 5').get()
    await stores.audit.cut([4, 5, 6], signer)
    expect((await verify()).fault).toBeNull()
    db.prepare('INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)').run(...Object.values(row ?? {}))
    expect((await verify()).fault).toEqual({ seq: 5, what: 'returned' })
    db.exec('DELETE FROM audit WHERE seq IN (5, 7)')
    expect((await verify()).fault).toEqual({ seq: 7, what: 'missing' })
  })

  test('LOG-05 the next writer with the key finds a forged end, says so for good, and does not vouch for it in silence', async () => {
    forge(20, false)
    await stores.audit.append([event(22)], writer())
    const [, broken] = await stores.audit.read({ limit: 2 })
    expect(broken).toMatchObject({ kind: 'audit.broken', reason: 'unsigned', detail: { from: 21, to: 21 } })
    expect((await verify()).fault).toEqual({ seq: 21, what: 'found-broken' })
  })

  test('LOG-05 a running gateway notices that the end and its signature are gone', async () => {
    const pen = writer()
    const head = await stores.audit.append([event(21)], pen)
    if (head !== null) pen.seal.settled(head)
    db.exec('DELETE FROM audit WHERE seq > 18; DELETE FROM audit_head')
    await stores.audit.append([event(22)], pen)
    expect((await stores.audit.read({ limit: 2 })).map(({ kind, seq }) => [kind, seq])).toEqual([
      ['login.failed', 23],
      ['audit.broken', 22],
    ])
    expect((await verify()).fault).toEqual({ seq: 19, what: 'missing' })
  })

  test('LOG-05 a command that could not open the vault leaves a line that is accepted, and that is said', async () => {
    await stores.audit.append([auditEvent({ kind: 'vault.open_failed', at: AT })], { random: randomBytes, seal: null })
    expect((await verify()).fault).toBeNull()
    await stores.audit.append([event(23)], writer())
    expect((await stores.audit.read({ limit: 2 }))[1]).toMatchObject({ kind: 'audit.unsigned', detail: { from: 21, to: 21 } })
    expect((await verify()).fault).toBeNull()
  })

  function hashAt(seq: number): string {
    return String(db.prepare('SELECT hash FROM audit WHERE seq = ?').get(seq)?.['hash'])
  }

  /** Writes an event of one's own with digest and hash as they should be; the chain needs no key. */
  function forge(seq: number, instead: boolean): void {
    const at = instead ? seq : seq + 1
    const salt = randomBytes(16).toString('hex')
    const forged = event(at, 'forged')
    const digest = digestOf(salt, forged)
    const columns = [JSON.stringify(forged), salt, digest, linkHash(hashAt(at - 1), at, digest), at] as const
    if (instead) db.prepare('UPDATE audit SET event = ?, salt = ?, digest = ?, hash = ? WHERE seq = ?').run(...columns)
    else
      db.prepare("INSERT INTO audit (event, salt, digest, hash, seq, at, kind) VALUES (?, ?, ?, ?, ?, 0, 'login.failed')").run(...columns)
  }

  function rewriteFrom(seq: number): void {
    for (let at = seq; at <= 20; at++) forge(at, true)
  }

  function putIn(seq: number): void {
    for (let at = 20; at >= seq; at--) db.prepare('UPDATE audit SET seq = ? WHERE seq = ?').run(at + 1, at)
    db.prepare('INSERT INTO audit SELECT ?, at, kind, account, request, ?, salt, digest, hash, amended FROM audit WHERE seq = 1').run(
      seq,
      eventOf(1),
    )
  }
})

describe('in a copy, by any one change', () => {
  async function chainOf(length: number): Promise<{ readonly entries: readonly ChainEntry[]; readonly signatures: ChainSignatures }> {
    const store = memoryAudit()
    const pen = { random: randomBytes, seal: chainSeal(key, () => AT) }
    for (let n = 1; n <= length; n++) await store.append([event(n)], pen)
    return { entries: await store.chain(0, length), signatures: await store.signatures() }
  }
  const check = async (entries: readonly ChainEntry[], signatures: ChainSignatures) =>
    await verifyChain({ read: (after) => (after === 0 ? entries : []), signatures, key, upTo: Infinity })

  test('LOG-05 edited, deleted, put in, moved or cut off anywhere: the first bad entry is where it was done', async () => {
    const length = 30
    const { entries, signatures } = await chainOf(length)
    expect((await check(entries, signatures)).fault).toBeNull()
    const at = fc.integer({ min: 0, max: length - 1 })
    const change = fc.oneof(
      fc.record({ how: fc.constant('edit' as const), at, to: at }),
      fc.record({ how: fc.constant('delete' as const), at, to: at }),
      fc.record({ how: fc.constant('put in' as const), at, to: at }),
      fc.record({ how: fc.constant('move' as const), at, to: at }),
      fc.record({ how: fc.constant('truncate' as const), at, to: at }),
    )
    await fc.assert(
      fc.asyncProperty(change, async ({ how, at, to }) => {
        const copy = [...entries]
        const one = copy[at]
        const other = copy[to]
        if (one === undefined || other === undefined) throw new Error('out of bounds')
        let first = at + 1
        switch (how) {
          case 'edit':
            copy[at] = { ...one, event: { ...one.event, target: `${one.event.target}!` } }
            break
          case 'delete':
            copy.splice(at, 1)
            break
          case 'put in':
            copy.splice(at, 0, { ...other, seq: one.seq })
            if (to === at) first = at + 2
            break
          case 'move':
            if (at === to) return
            copy.splice(at, 1)
            copy.splice(to, 0, one)
            first = Math.min(at, to) + 1
            break
          case 'truncate':
            copy.length = at
        }
        const { fault } = await check(copy, signatures)
        // What stands twice is named by its number, which has been there already.
        expect(fault?.seq === first || (how === 'put in' && fault?.seq === at + 1)).toBe(true)
      }),
      { numRuns: 400 },
    )
  })
})
