import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { openSqlite } from '../../src/store/sqlite/open.ts'
import { call, type Called } from '../call.ts'
import { canaryOf } from '../canary.ts'
import { type ChildGateway, initiated, startChild } from '../child-gateway.ts'
import { cloakroom } from '../cli/run.ts'
import { startUpstream } from '../upstream.ts'

const SECRET = 'canary-killed-4Zk8Qw2LmX9'
const PASSWORD = 'correct horse battery staple'
const LOOPS = 4
const LOGOUTS = 12

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

/** What the gateway has acknowledged, and so must never forget. */
interface Acknowledged {
  readonly signedIn: Set<string>
  readonly signedOut: Set<string>
  /** Asked, not answered: may have gone either way. */
  readonly open: Set<string>
}

test('SES-13 REV-08 LOG-02 VLT-05 killed under load and started again: nobody who signed out is signed in, and nothing that was acknowledged is lost', async () => {
  const upstream = await startUpstream()
  closing.push(() => upstream.close())
  const folder = await initiated(upstream.origin, SECRET)
  closing.push(() => folder.remove())
  const config = join(folder.path, 'cloakroom.yaml')
  writeFileSync(
    config,
    readFileSync(config, 'utf8')
      .replace(/^sessions: \{/m, 'sessions: { perAccount: 500,')
      .replace(/, perAccount: 10/, ''),
  )
  const added = await cloakroom(['account', 'add', 'ada'], { cwd: folder.path, input: PASSWORD })
  expect(added.err + added.code).toMatch(/0$/)
  const canary = canaryOf(SECRET, 'bearer')
  const start = async (): Promise<ChildGateway> => {
    const gateway = await startChild(folder.path)
    closing.push(async () => gateway.child.exitCode ?? gateway.child.signalCode ?? (await gateway.end('SIGKILL')))
    canary.watch('what the gateway printed', gateway.printed)
    return gateway
  }

  const first = await start()
  const known: Acknowledged = { signedIn: new Set(), signedOut: new Set(), open: new Set() }
  const loops = Array.from({ length: LOOPS }, (_, at) => load(first.port, known, at))
  await Promise.race([until(() => known.signedOut.size >= LOGOUTS), Promise.all(loops)])
  await first.end('SIGKILL')
  await Promise.all(loops)
  expect(known.signedOut.size).toBeGreaterThanOrEqual(LOGOUTS)
  expect(known.signedIn.size).toBeGreaterThan(0)

  const second = await start()
  const status = async (cookie: string): Promise<number> => (await call(second.port, 'GET', '/api/shop/products', { cookie })).status
  for (const cookie of known.signedOut) expect(await status(cookie)).toBe(401)
  for (const cookie of known.signedIn) expect(await status(cookie)).toBe(200)
  const again = await signIn(second.port)
  expect(await status(again ?? '')).toBe(200)
  expect(upstream.requests.every((request) => request.header('authorization') === `Bearer ${SECRET}`)).toBe(true)
  expect(await second.end('SIGTERM')).toBe(0)

  const lines = readFileSync(join(folder.path, 'data', 'audit.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
  const filed = lines.map((line) => JSON.parse(line) as { kind: string; actor: { session: string | null } })
  const stores = openSqlite(join(folder.path, 'data'))
  closing.push(() => stores.close())
  const stored = await stores.audit.read({ limit: 500, kind: 'logout' })
  for (const trail of [filed.filter(({ kind }) => kind === 'logout'), stored]) {
    expect(new Set(trail.map(({ actor }) => actor.session)).size).toBeGreaterThanOrEqual(known.signedOut.size)
  }
  expect(filed.filter(({ kind }) => kind === 'gateway.started')).toHaveLength(2)
  expect(canary.find(folder.path)).toBeNull()
}, 60_000)

/** Signs in, calls, and every second time signs out, until the gateway is gone. */
async function load(port: number, known: Acknowledged, at: number): Promise<void> {
  for (let round = at; ; round += 1) {
    const cookie = await signIn(port)
    if (cookie === null) return
    known.signedIn.add(cookie)
    if ((await answered(call(port, 'GET', '/api/shop/products', { cookie })))?.status !== 200) return
    if (round % 2 === 0) continue
    known.signedIn.delete(cookie)
    known.open.add(cookie)
    if ((await answered(call(port, 'POST', '/auth/logout', { cookie })))?.status !== 204) return
    known.open.delete(cookie)
    known.signedOut.add(cookie)
    for (const wake of waiting) wake()
  }
}

async function signIn(port: number): Promise<string | null> {
  const answer = await answered(call(port, 'POST', '/auth/login', { json: { account: 'ada', password: PASSWORD } }))
  if (answer?.status !== 200) return null
  return (
    answer
      .all('set-cookie')
      .find((line) => line.startsWith('__Host-Http-session='))
      ?.split(';', 1)[0] ?? null
  )
}

/** Null when the gateway is gone, before or in the middle of its answer. */
async function answered(asked: Promise<Called>): Promise<Called | null> {
  return await asked.catch(() => null)
}

const waiting = new Set<() => void>()

/** Asked again after every logout. */
function until(condition: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    waiting.add(() => {
      if (condition()) resolve()
    })
  })
}
