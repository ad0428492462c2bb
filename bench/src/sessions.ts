import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqlite } from '../../packages/gateway/src/store/sqlite/open.ts'
import { median } from './table.ts'

const ROUNDS = 7
const LOOKUPS = 20_000

/** CPU time of one lookup of a random live session, among few and among many; rounds alternate between the two. Nanoseconds. */
export async function measureSessions(few: number, many: number): Promise<{ readonly few: number; readonly many: number }> {
  const small = await fill(few)
  const large = await fill(many)
  try {
    const figures = { few: [] as number[], many: [] as number[] }
    for (let round = 0; round < ROUNDS; round += 1) {
      figures.few.push(await lookUp(small))
      figures.many.push(await lookUp(large))
    }
    return { few: median(figures.few), many: median(figures.many) }
  } finally {
    for (const { stores, folder } of [small, large]) {
      await stores.close()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

type Filled = Awaited<ReturnType<typeof fill>>

async function fill(count: number) {
  const folder = mkdtempSync(join(tmpdir(), 'cloakroom-bench-'))
  const stores = openSqlite(folder)
  const ids: string[] = []
  for (let at = 0; at < count; at += 1) {
    const id = createHash('sha256').update(randomBytes(32)).digest('base64url')
    ids.push(id)
    const now = 1_700_000_000_000 + at
    await stores.sessions.insert({
      id,
      account: `account-${at % 1000}`,
      name: `visitor ${at % 1000}`,
      generation: 0,
      factors: [{ kind: 'password', at: now }],
      createdAt: now,
      authenticatedAt: now,
      seenAt: now,
      address: '198.51.100.7',
      agent: 'Mozilla/5.0 (X11; Linux x86_64)',
      revoked: null,
    })
  }
  return { stores, ids, folder }
}

async function lookUp({ stores, ids }: Filled): Promise<number> {
  const wanted = Array.from({ length: LOOKUPS }, () => ids[Math.floor(Math.random() * ids.length)] ?? '')
  const before = process.cpuUsage()
  for (const id of wanted) if ((await stores.sessions.find(id)) === null) throw new Error('a live session was not found')
  const { user, system } = process.cpuUsage(before)
  return ((user + system) * 1000) / LOOKUPS
}
