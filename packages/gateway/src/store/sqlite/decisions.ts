import type { DecisionRecord } from '../../decide/decision-record.ts'
import { SWEEP_ROWS } from '../store.ts'
import type { DecisionStore } from '../verdict-stores.ts'
import type { Connection } from './connection.ts'
import type { Schema } from './migrate.ts'

/** decisions.sqlite: a file of its own, so that what is written after requests does not make the sessions' memory of hot.sqlite outdated. */
export const DECISION_SCHEMA: Schema = {
  applicationId: 0x636b_6a31,
  steps: [
    ['refused', 'passed']
      .map(
        (verdict) => `
    CREATE TABLE ${verdict} (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      request TEXT NOT NULL,
      at INTEGER NOT NULL,
      record TEXT NOT NULL
    ) STRICT;
    CREATE INDEX ${verdict}_by_request ON ${verdict} (request);
    CREATE INDEX ${verdict}_by_time ON ${verdict} (at);
    `,
      )
      .join(''),
    `
    CREATE TABLE credential_use (
      credential TEXT NOT NULL,
      day INTEGER NOT NULL,
      route TEXT NOT NULL,
      who TEXT NOT NULL,
      count INTEGER NOT NULL,
      last_at INTEGER NOT NULL,
      PRIMARY KEY (credential, day, route, who)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX credential_use_by_who ON credential_use (who);
    CREATE INDEX credential_use_by_day ON credential_use (day);
    `,
  ],
}

const VERDICTS = ['refused', 'passed'] as const

/** DecisionStore in decisions.sqlite. Rows come in order, so the number of the last says how many there can be. */
export function sqliteDecisions({ db, write }: Connection): DecisionStore {
  const tables = {
    refused: statements('refused'),
    passed: statements('passed'),
  }

  function statements(verdict: DecisionRecord['verdict']) {
    return {
      insert: db.prepare(`INSERT INTO ${verdict} (request, at, record) VALUES (?, ?, ?)`),
      dropOldest: db.prepare(`DELETE FROM ${verdict} WHERE seq <= (SELECT max(seq) FROM ${verdict}) - ?`),
      find: db.prepare(`SELECT record FROM ${verdict} WHERE request = ? ORDER BY seq DESC LIMIT 1`),
      page: db.prepare(`SELECT seq, record FROM ${verdict} WHERE seq > ? AND at >= ? ORDER BY seq LIMIT ?`),
      forget: db.prepare(`DELETE FROM ${verdict} WHERE record ->> '$.who.account' = ?`),
      sweep: db.prepare(`DELETE FROM ${verdict} WHERE seq IN (SELECT seq FROM ${verdict} WHERE at < ? LIMIT ?)`),
    }
  }

  return {
    append(records, most) {
      if (records.length === 0) return
      write(() => {
        for (const record of records) tables[record.verdict].insert.run(record.request, record.at, JSON.stringify(record))
        for (const verdict of VERDICTS) tables[verdict].dropOldest.run(most[verdict])
      })
    },
    find(request) {
      const row = tables.refused.find.get(request) ?? tables.passed.find.get(request)
      return row === undefined ? null : (JSON.parse(String(row['record'])) as DecisionRecord)
    },
    page(verdict, since, after, limit) {
      const rows = tables[verdict].page.all(after, since, limit)
      const last = rows.at(-1)?.['seq']
      return {
        records: rows.map((row) => JSON.parse(String(row['record'])) as DecisionRecord),
        last: last === undefined ? null : Number(last),
      }
    },
    forget: (account) => write(() => VERDICTS.reduce((sum, verdict) => sum + Number(tables[verdict].forget.run(account).changes), 0)),
    sweep(before) {
      return write(() => {
        let swept = 0
        for (const verdict of VERDICTS) swept += Number(tables[verdict].sweep.run(before[verdict], SWEEP_ROWS - swept).changes)
        return swept
      })
    },
  }
}
