import type { SQLOutputValue, StatementSync } from 'node:sqlite'
import type { AuditEvent } from '@cloakroom/contract'
import {
  CHAIN_START,
  type ChainEnd,
  type ChainHead,
  continueChain,
  MOST_UNSIGNED,
  runsOf,
  signCut,
  type SignedHead,
} from '../audit-chain.ts'
import type { AuditStore, StoredEvent } from '../store.ts'
import { COLUMNS, readCut, readEntry } from './audit-row.ts'
import type { Connection } from './connection.ts'

const FILTERS = ['kind', 'account', 'request', 'before'] as const
const CONDITIONS = { kind: 'kind = ?', account: 'account = ?', request: 'request = ?', before: 'seq < ?' } as const

/** AuditStore in durable.sqlite. Whoever appends holds the write lock from the reading of the end on: several processes write one chain. */
export function sqliteAudit({ db, write }: Connection): AuditStore {
  const insert = db.prepare(`INSERT INTO audit (${COLUMNS}, at, kind, account, request) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const selectLast = db.prepare('SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1')
  const selectUnsigned = db.prepare('SELECT kind FROM audit WHERE seq > ? ORDER BY seq LIMIT ?')
  const selectChain = db.prepare(`SELECT ${COLUMNS} FROM audit WHERE seq > ? ORDER BY seq LIMIT ?`)
  const selectHash = db.prepare('SELECT seq, hash FROM audit WHERE seq = ?')
  const selectCount = db.prepare('SELECT count(*) AS count FROM audit')
  const amendOne = db.prepare(
    'UPDATE audit SET event = ?, salt = NULL, amended = ?, kind = ?, account = ?, request = ? WHERE seq = ? AND digest = ?',
  )
  const deleteRun = db.prepare('DELETE FROM audit WHERE seq BETWEEN ? AND ?')
  const selectHeads = db.prepare('SELECT seq, hash, at, signature FROM audit_head ORDER BY seq')
  const selectSigned = db.prepare('SELECT seq, hash, at, signature FROM audit_head ORDER BY seq DESC LIMIT 1')
  const insertHead = db.prepare('INSERT OR REPLACE INTO audit_head (seq, hash, at, signature) VALUES (?, ?, ?, ?)')
  const dropHead = db.prepare('DELETE FROM audit_head WHERE seq = ?')
  const dropHeads = db.prepare('DELETE FROM audit_head WHERE seq >= ? AND seq < ?')
  const selectCuts = db.prepare('SELECT seq, hash, from_seq, from_hash, at, signature FROM audit_cut ORDER BY seq')
  const selectCutFrom = db.prepare('SELECT seq, hash, from_seq, from_hash, at, signature FROM audit_cut WHERE from_seq = ?')
  const selectCutTo = db.prepare('SELECT seq, hash, from_seq, from_hash, at, signature FROM audit_cut WHERE seq = ?')
  const insertCut = db.prepare('INSERT INTO audit_cut (seq, hash, from_seq, from_hash, at, signature) VALUES (?, ?, ?, ?, ?, ?)')
  const dropCut = db.prepare('DELETE FROM audit_cut WHERE seq = ?')
  // One statement for each set of filters, so that each finds its index.
  const selects = new Map<string, StatementSync>()

  function prepared(sql: string): StatementSync {
    const known = selects.get(sql)
    if (known !== undefined) return known
    const statement = db.prepare(sql)
    selects.set(sql, statement)
    return statement
  }

  function end(): ChainEnd {
    const signed = (selectSigned.get() as SignedHead | undefined) ?? null
    const last = (selectLast.get() as ChainHead | undefined) ?? CHAIN_START
    return { last, signed, unsigned: selectUnsigned.all(signed?.seq ?? 0, MOST_UNSIGNED).map((row) => String(row['kind'])) }
  }

  /** Where the chain stands after this number: an entry, the end of a cut, or the start. */
  function headAt(seq: number): ChainHead | null {
    if (seq === 0) return CHAIN_START
    return ((selectHash.get(seq) ?? selectCutTo.get(seq)) as ChainHead | undefined) ?? null
  }

  return {
    append(events, pen) {
      if (events.length === 0) return null
      return write(() => {
        const { entries, signed, superfluous } = continueChain(end(), events, pen)
        for (const { seq, event, salt, digest, hash } of entries) {
          const { at, kind, actor, request } = event
          insert.run(seq, JSON.stringify(event), salt, digest, hash, null, Date.parse(at), kind, actor.account, request)
        }
        if (signed !== null) insertHead.run(signed.seq, signed.hash, signed.at, signed.signature)
        if (superfluous !== null) dropHead.run(superfluous)
        return signed
      })
    },
    read(query) {
      const used = FILTERS.filter((name) => query[name] !== undefined)
      const where = used.length === 0 ? '' : `WHERE ${used.map((name) => CONDITIONS[name]).join(' AND ')}`
      const statement = prepared(`SELECT seq, event FROM audit ${where} ORDER BY seq DESC LIMIT ?`)
      return statement.all(...used.map((name) => query[name] ?? null), query.limit).map(readEvent)
    },
    chain: (after, limit) => selectChain.all(after, limit).map(readEntry),
    signatures: () => ({ heads: selectHeads.all() as unknown as readonly SignedHead[], cuts: selectCuts.all().map(readCut) }),
    findOld({ olderThan, kinds, not, limit }) {
      const among = `kind ${not ? 'NOT IN' : 'IN'} (${kinds.map(() => '?').join(', ')})`
      const last = 'seq < (SELECT max(seq) FROM audit)'
      return prepared(`SELECT ${COLUMNS} FROM audit WHERE at < ? AND ${among} AND ${last} ORDER BY at, seq LIMIT ?`)
        .all(olderThan, ...kinds, limit)
        .map(readEntry)
    },
    count: () => Number(selectCount.get()?.['count']),
    amend(entries) {
      return write(() =>
        entries.reduce((count, { event, amended, seq, digest }) => {
          const { changes } = amendOne.run(JSON.stringify(event), amended, event.kind, event.actor.account, event.request, seq, digest)
          return count + Number(changes)
        }, 0),
      )
    },
    cut(seqs, signer) {
      return write(() => {
        let deleted = 0
        for (const run of runsOf(seqs, end().last.seq)) {
          const before = headAt(run.from - 1)
          const last = headAt(run.to)
          if (before === null || last === null) continue
          // With the cuts on either side it becomes one.
          const left = selectCutTo.get(before.seq)
          const right = selectCutFrom.get(last.seq)
          const { seq, hash, from, at, signature } = signCut(
            left === undefined ? before : readCut(left).from,
            right === undefined ? last : readCut(right),
            signer,
          )
          if (left !== undefined) dropCut.run(before.seq)
          if (right !== undefined) dropCut.run(seq)
          deleted += Number(deleteRun.run(run.from, run.to).changes)
          dropHeads.run(run.from, seq)
          insertCut.run(seq, hash, from.seq, from.hash, at, signature)
        }
        return deleted
      })
    },
  }
}

function readEvent(row: Record<string, SQLOutputValue>): StoredEvent {
  return { ...(JSON.parse(String(row['event'])) as AuditEvent), seq: Number(row['seq']) }
}
