import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqlite } from '../../packages/gateway/src/store/sqlite/open.ts'
import { median } from './table.ts'

const ROUNDS = 9
const BATCHES = 40
/** Fewer than the few: no session is asked for twice in a batch. */
const BATCH = 500

export interface Lookups {
  readonly few: number
  readonly many: number
}

export interface SessionFigures {
  /** A visitor who was not here lately: his session is read from the table. */
  readonly cold: Lookups
  /** A visitor's next request, while nobody wrote: his session is still in memory. */
  readonly warm: Lookups
}

/** CPU time of one lookup of a random live session, among few and among many; rounds alternate between the two. Nanoseconds. */
export async function measureSessions(few: number, many: number): Promise<SessionFigures> {
  const small = await fill(few)
  const large = await fill(many)
  try {
    const figures = { coldFew: [] as number[], coldMany: [] as number[], warmFew: [] as number[], warmMany: [] as number[] }
    for (let round = 0; round < ROUNDS; round += 1) {
      figures.coldFew.push(await lookUp(small, true))
      figures.coldMany.push(await lookUp(large, true))
      figures.warmFew.push(await lookUp(small, false))
      figures.warmMany.push(await lookUp(large, false))
    }
    return {
      cold: { few: median(figures.coldFew), many: median(figures.coldMany) },
      warm: { few: median(figures.warmFew), many: median(figures.warmMany) },
    }
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
      traits: 'en|Linux Chromium',
      revoked: null,
    })
  }
  return { stores, ids, folder }
}

async function lookUp({ stores, ids }: Filled, cold: boolean): Promise<number> {
  let microseconds = 0
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const start = Math.floor(Math.random() * (ids.length - BATCH))
    // Copied, so that the strings are as near in memory for the many as for the few: a request brings its own.
    const wanted = ids.slice(start, start + BATCH).map((id) => Buffer.from(id).toString())
    // A write by anybody: what was kept in memory counts no more.
    if (cold) await stores.sessions.setRoles('nobody', [])
    else for (const id of wanted) await stores.sessions.find(id)
    const before = process.cpuUsage()
    for (const id of wanted) if ((await stores.sessions.find(id)) === null) throw new Error('a live session was not found')
    const { user, system } = process.cpuUsage(before)
    microseconds += user + system
  }
  return (microseconds * 1000) / (BATCHES * BATCH)
}
