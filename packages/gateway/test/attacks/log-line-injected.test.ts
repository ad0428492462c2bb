import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:net'
import type { AuditEvent } from '@cloakroom/contract'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openAccessLog, type AccessLog } from '../../src/audit/access-log.ts'
import { type AuditTrail, openAuditTrail } from '../../src/audit/audit.ts'
import { systemLater } from '../../src/lib/later.ts'
import { createFolderSite } from '../../src/site/folder.ts'
import { openSiteDoor, type SiteDoor } from '../site-door.ts'

let folder = ''
let trail: AuditTrail
let log: AccessLog
let door: SiteDoor
const stored: AuditEvent[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'log-'))
  stored.length = 0
  const common = { clock: () => 1_000_000, random: randomBytes, later: systemLater }
  trail = openAuditTrail({ ...common, store: { append: (events) => (stored.push(...events), null) }, file: join(folder, 'audit.jsonl') })
  log = openAccessLog({ ...common, level: 'info', to: join(folder, 'access.jsonl') })
  const site = createFolderSite({ folder, forbidden: [folder], spa: false, csp: '', access: { kind: 'public' }, cacheMs: 0 })
  door = await openSiteDoor(site, { audit: trail, observer: log })
})

afterEach(() => rm(folder, { recursive: true }))

function send(bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(door.port, '127.0.0.1', () => socket.end(bytes))
    socket.resume()
    socket.on('error', () => undefined)
    socket.on('close', () => resolve())
  })
}

const FORGED = '","result":"ok"}\n{"kind":"login.succeeded","event":"access","account":"admin"}'

test('LOG-03 LOG-04 LOG-10 escapes, breakouts and secrets in path, query, user agent and host leave one honest line each', async () => {
  const host = `localhost:${door.port}`
  const agents = ['\u001b[2J\u001b[31mroot', '\u009b31m', '","status":200,"x":"', 'Browser\t1', 'é\u0085', '\u007f']
  for (const agent of agents) {
    await send(
      Buffer.from(
        `POST /x","result":"ok?token=canary-query HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: ${agent}\r\nCookie: a=canary-cookie\r\nConnection: close\r\n\r\n`,
        'latin1',
      ),
    )
    await send(
      Buffer.from(
        `POST /x%22,%22result?token=canary-query&page=1 HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: ${agent}\r\nAuthorization: Bearer canary-key\r\nConnection: close\r\n\r\n`,
        'latin1',
      ),
    )
  }
  await send(Buffer.from(`POST /x HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: a${FORGED}\r\nConnection: close\r\n\r\n`))
  await door.close()
  await Promise.all([trail.close(), log.close()])

  const files = await Promise.all(['audit.jsonl', 'access.jsonl'].map((name) => readFile(join(folder, name), 'utf8')))
  for (const text of files) {
    const lines = text.split('\n').slice(0, -1)
    expect(lines.length).toBeGreaterThanOrEqual(2)
    for (const line of lines) {
      const entry = JSON.parse(line) as Record<string, unknown>
      expect(entry['kind'] === 'request.refused' || entry['event'] === 'access').toBe(true)
      expect(entry['result'] ?? entry['status']).not.toBe('ok')
      expect(entry['status']).not.toBe(200)
    }
    expect(text.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/)
    expect(text).not.toContain('canary')
  }
  expect(files[1]).toContain('"query":"token=[redacted]&page=1"')
  expect(stored.map((event) => event.kind)).toEqual(stored.map(() => 'request.refused'))
  // Node's parser turns the ESC and DEL ones away itself.
  expect(stored).toHaveLength(agents.length - 2)
})
