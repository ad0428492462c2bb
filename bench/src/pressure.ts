import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Child, start } from './children.ts'
import { descriptorsFor } from './descriptors.ts'
import { residentMiB } from './cpu.ts'
import { eventually, type Gateway, setUpGateway } from './gateway.ts'
import { type Crowd, type CrowdOptions, gather } from './pressure-clients.ts'
import { table } from './table.ts'

/**
 * npm run bench:pressure [-- --streams 10000 --uploads 1000 --readers 100 --seconds 10]
 * Idle streams, slow uploads and readers that stop, all at once, and what the gateway's memory does meanwhile. Processes of their own: the
 * crowd (this one), the gateway, the upstream. A stream takes two descriptors of its gateway: the limit is raised where the system lets it;
 * where it does not, the crowd is spread over as many gateways as can hold it, and the figures are those of all together.
 */
const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '10000' },
    uploads: { type: 'string', default: '1000' },
    readers: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '10' },
  },
})
/** For files, libraries and the listeners. */
const RESERVE = 300
const [streams, uploads, readers] = [Number(values.streams), Number(values.uploads), Number(values.readers)]
const together = streams + uploads + readers
const descriptors = descriptorsFor(2 * together + RESERVE)
const count = Math.ceil((2 * together) / (descriptors - RESERVE))
const PIECE = Buffer.alloc(256, 'x')

interface Held {
  readonly gateway: Gateway
  readonly child: Child
}

const root = mkdtempSync(join(tmpdir(), 'cloakroom-pressure-'))
const started: Child[] = []
const crowds: Crowd[] = []
try {
  if (count > 1) console.log(`${descriptors} file descriptors a process: spread over ${count} gateways`)
  const upstream = await start(process.execPath, [resolve(import.meta.dirname, 'pressure-upstream.ts')], { waitForLine: /^(\d+)$/ })
  started.push(upstream)
  const all: Held[] = []
  for (let at = 0; at < count; at += 1) all.push(await open(upstream.line))
  await pass(1)
  const memory = (): number => all.reduce((sum, { child }) => sum + residentMiB(child.pid), 0)
  const rows: string[][] = [['', 'connections', `RSS of ${count === 1 ? 'the gateway' : `${count} gateways`}, MiB`, 'KiB each']]
  const idle = memory()
  rows.push(['idle', '0', idle.toFixed(0), ''])

  const events = await step(`${streams} idle event streams`, streams, ({ gateway }) => ({
    head: get(gateway, 'events'),
    untilAnswered: true,
  }))
  const good = events.reduce((sum, { answers }) => sum + answers.good, 0)
  if (good !== streams) throw new Error(`${streams - good} streams were refused: ${events.map(({ answers }) => answers.refusal).join(' ')}`)
  const length = PIECE.length * 1000
  const sending = await step(`${uploads} slow uploads`, uploads, ({ gateway }) => ({
    head: `POST /api/shop/sink HTTP/1.1\r\n${fields(gateway)}content-type: application/octet-stream\r\ncontent-length: ${length}\r\n\r\n`,
    untilAnswered: false,
  }))
  await step(`${readers} readers that stopped`, readers, ({ gateway }) => ({
    head: get(gateway, 'endless'),
    stopReading: true,
    untilAnswered: true,
  }))

  const held = memory()
  for (let second = 0; second < Number(values.seconds); second += 1) {
    for (const { sockets } of sending) for (const socket of sockets) socket.write(PIECE)
    await pass(1)
  }
  const after = memory()
  rows.push([`${values.seconds} s later`, String(together), after.toFixed(0), (((after - idle) * 1024) / together).toFixed(1)])
  const statuses = await Promise.all(all.map(({ gateway }) => statusOf(gateway, '/auth/session')))
  rows.push(['a call among them', String(count), `status ${statuses.join(', ')}`, ''])
  for (const crowd of crowds.splice(0)) crowd.leave()
  await pass(3)
  rows.push(['all gone', '0', memory().toFixed(0), ''])
  console.log(table(rows))
  console.log(`\ngrowth while they were held: ${(after - held).toFixed(1)} MiB`)
  if (after - held > 32 + held / 5 || statuses.some((status) => status !== 200)) process.exitCode = 1

  async function step(
    name: string,
    wanted: number,
    options: (held: Held) => Omit<CrowdOptions, 'port' | 'count'>,
  ): Promise<readonly Crowd[]> {
    const came: Crowd[] = []
    for (const [at, one] of all.entries()) {
      const share = Math.floor((wanted * (at + 1)) / count) - Math.floor((wanted * at) / count)
      came.push(await gather({ port: one.gateway.port, count: share, ...options(one) }))
    }
    crowds.push(...came)
    await pass(1)
    const now = memory()
    const there = crowds.reduce((sum, { sockets }) => sum + sockets.length, 0)
    rows.push([name, String(there), now.toFixed(0), (((now - idle) * 1024) / there).toFixed(1)])
    return came
  }
} finally {
  for (const crowd of crowds) crowd.leave()
  for (const child of started.toReversed()) await child.stop()
  rmSync(root, { recursive: true, force: true })
}

/** A gateway that answers. */
async function open(upstream: string): Promise<Held> {
  const folder = mkdtempSync(join(root, 'gateway-'))
  const gateway = await setUpGateway(folder, `http://127.0.0.1:${upstream}`, randomBytes(24).toString('base64url'))
  widen(join(gateway.folder, 'cloakroom.yaml'))
  const child = await gateway.start()
  started.push(child)
  await eventually(async () => {
    const status = await statusOf(gateway, '/api/shop/small')
    if (status !== 200) throw new Error(`status ${status}`)
  })
  return { gateway, child }
}

async function statusOf({ port, cookie }: Gateway, path: string): Promise<number> {
  const answer = await fetch(`http://localhost:${port}${path}`, { headers: { cookie, 'x-csrf': '1' } })
  await answer.arrayBuffer()
  return answer.status
}

function fields({ port, cookie }: Gateway): string {
  return `host: localhost:${port}\r\ncookie: ${cookie}\r\nsec-fetch-site: same-origin\r\nsec-fetch-dest: empty\r\n`
}

function get(gateway: Gateway, path: string): string {
  return `GET /api/shop/${path} HTTP/1.1\r\n${fields(gateway)}\r\n`
}

/** As many connections and requests as the run needs, and an API that may hold them. */
function widen(file: string): void {
  const room = together + 200
  const yaml = readFileSync(file, 'utf8')
  const api = yaml.replace(/^( +)upstream: .*$/m, (line, indent: string) => `${line}\n${indent}limits: { connections: ${room} }`)
  writeFileSync(file, `limits: { connections: ${room}, requests: ${room} }\n${api}`)
}

function pass(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000))
}
