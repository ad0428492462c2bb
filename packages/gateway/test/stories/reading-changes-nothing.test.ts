import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ENDPOINTS } from '../../src/http/endpoint-table.ts'
import { type Kit, startKit } from '../kit.ts'

/** What a question may leave behind: its line in the audit trail when it was refused, with the head of the chain, and when the session was last used. */
const MAY_CHANGE = ['audit', 'audit_head', 'sqlite_sequence']

let kit: Kit
let cookie = ''
beforeAll(async () => {
  kit = await startKit()
  cookie = await kit.signIn()
})
afterAll(() => kit.close())

/** Every row of every table of both databases, without the column that says when a session was last used. */
function dump(): Record<string, unknown> {
  const tables: Record<string, unknown> = {}
  for (const file of ['hot.sqlite', 'durable.sqlite']) {
    const db = new DatabaseSync(join(kit.folder, 'data', file), { readOnly: true })
    const names = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").all() as { name: string }[]
    for (const { name } of names.filter((table) => !MAY_CHANGE.includes(table.name))) {
      tables[name] = db
        .prepare(`SELECT * FROM "${name}"`)
        .all()
        .map((row) => ({ ...row, seen_at: null }))
    }
    db.close()
  }
  return tables
}

test('CSRF-08 every GET, HEAD and OPTIONS of the gateway’s own, twice, signed in and not, leaves both databases as they were', async () => {
  const before = dump()
  expect(Object.keys(before)).toEqual(expect.arrayContaining(['session', 'account', 'vault_record', 'nonce', 'counter']))
  expect(JSON.stringify(before['session'])).toContain('seen_at')
  for (const path of new Set(ENDPOINTS.map((endpoint) => endpoint.path))) {
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'GET']) {
      for (const sent of [{}, { cookie }]) {
        kit.clock.now += 1000
        const answer = await kit.call(method, `/auth${path}`, sent)
        expect([method, path, answer.status < 500, answer.header('set-cookie')]).toEqual([method, path, true, null])
      }
    }
  }
  expect(dump()).toEqual(before)
})
