import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { sessionIdOf } from '../src/session/identifier.ts'
import { openSqlite } from '../src/store/sqlite/open.ts'
import { call } from './call.ts'
import { install } from './started.ts'

/*
 * Two gateways, each a process of its own, on one store; so many requests a second on live sessions; a third process (this one) ends one
 * session after the other. Prints how long after the acknowledgement a request of an ended session was still answered.
 * Run: node --conditions=source packages/gateway/test/revocation-time.ts [SESSIONS] [REQUESTS PER SECOND]
 */

const SESSIONS = Number(process.argv[2] ?? 60)
const PER_SECOND = Number(process.argv[3] ?? 200)
const EVERY_MS = 200

interface Live {
  readonly cookie: string
  readonly id: string
  endedAt: number | null
}

interface Answered {
  readonly live: Live
  readonly sentAt: number
  readonly passed: boolean
}

const place = await install('canary-revocation-time-8Kd2')
try {
  const ports = [(await place.start()).port, (await place.start()).port]
  const stores = openSqlite(join(place.folder, 'data'))
  const sessions = await Promise.all(Array.from({ length: SESSIONS }, () => begin(stores.sessions)))
  const answered: Answered[] = []
  const under = new Set<Promise<void>>()
  const state = { stopped: false }
  const load = (async () => {
    for (let n = 0; !state.stopped; n++) {
      const live = sessions[n % sessions.length]
      const port = ports[n % 2]
      if (live === undefined || port === undefined) throw new Error('nothing to ask')
      const asked = ask(port, live, answered).finally(() => void under.delete(asked))
      under.add(asked)
      await setTimeout(1000 / PER_SECOND)
    }
  })()
  await setTimeout(1000)
  for (const live of sessions) {
    await stores.sessions.revoke(live.id, Date.now(), 'ended-by-owner')
    live.endedAt = performance.now()
    await setTimeout(EVERY_MS)
  }
  await setTimeout(1000)
  state.stopped = true
  await load
  await Promise.all(under)
  await stores.close()
  report(answered, sessions)
} finally {
  await place.remove()
}

async function begin(store: ReturnType<typeof openSqlite>['sessions']): Promise<Live> {
  const value = randomBytes(32).toString('base64url')
  const id = sessionIdOf(value) ?? ''
  const at = Date.now()
  const times = { createdAt: at, authenticatedAt: at, seenAt: at }
  const visitor = { address: '127.0.0.1', agent: 'revocation-time', generation: 0, factors: [], traits: '', revoked: null }
  await store.insert({ id, account: `account-${id}`, name: 'ada', ...times, ...visitor })
  return { cookie: `__Host-Http-session=${value}`, id, endedAt: null }
}

async function ask(port: number, live: Live, answered: Answered[]): Promise<void> {
  const sentAt = performance.now()
  const { status } = await call(port, 'GET', '/api/shop/products', { cookie: live.cookie })
  answered.push({ live, sentAt, passed: status === 200 })
}

function report(answered: readonly Answered[], sessions: readonly Live[]): void {
  const late = answered.filter(({ live, sentAt, passed }) => passed && live.endedAt !== null && sentAt > live.endedAt)
  const dead = sessions.map((live) => {
    const passed = late.filter((one) => one.live === live).map(({ sentAt }) => sentAt - (live.endedAt ?? 0))
    return Math.max(0, ...passed)
  })
  const sorted = dead.toSorted((one, other) => one - other)
  const at = (part: number): string => `${(sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0).toFixed(1)} ms`
  const before = answered.filter(({ passed }) => passed).length
  console.log(
    `${answered.length} requests, ${before} passed; ${sessions.length} sessions ended under ${PER_SECOND} requests a second on two gateways`,
  )
  console.log(`sent after the acknowledgement and passed: ${late.length}`)
  console.log(`time to dead: p50 ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}, longest ${at(1)}`)
  if (before === 0 || Number.parseFloat(at(0.99)) >= 1000) process.exitCode = 1
}
