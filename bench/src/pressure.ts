import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Child, start } from './children.ts'
import { residentMiB } from './cpu.ts'
import { eventually, setUpGateway } from './gateway.ts'
import { type Crowd, gather } from './pressure-clients.ts'
import { table } from './table.ts'

/**
 * npm run bench:pressure [-- --streams 10000 --uploads 1000 --readers 100 --seconds 10]
 * Idle streams, slow uploads and readers that stop, all at once, and what the gateway's memory does meanwhile. Three processes: the
 * crowd (this one), the gateway, the upstream. A stream takes two descriptors of the gateway: `ulimit -n` bounds how many there can be.
 */
const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '10000' },
    uploads: { type: 'string', default: '1000' },
    readers: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '10' },
  },
})
const descriptors = Number(execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' })) || 1_000_000
const uploads = Number(values.uploads)
const readers = Number(values.readers)
const wanted = Number(values.streams)
/** Two descriptors a connection, and a reserve for files, libraries and the listener. */
const streams = Math.min(wanted, Math.floor((descriptors - 300) / 2) - uploads - readers)
const together = streams + uploads + readers
const PIECE = Buffer.alloc(256, 'x')

const root = mkdtempSync(join(tmpdir(), 'cloakroom-pressure-'))
const started: Child[] = []
const crowds: Crowd[] = []
try {
  if (streams < wanted) console.log(`${descriptors} file descriptors: ${streams} streams instead of ${wanted}`)
  const upstream = await start(process.execPath, [resolve(import.meta.dirname, 'pressure-upstream.ts')], { waitForLine: /^(\d+)$/ })
  started.push(upstream)
  const gateway = await setUpGateway(
    mkdtempSync(join(root, 'gateway-')),
    `http://127.0.0.1:${upstream.line}`,
    randomBytes(24).toString('base64url'),
  )
  widen(join(gateway.folder, 'cloakroom.yaml'))
  const child = await gateway.start()
  started.push(child)
  const own = `host: localhost:${gateway.port}\r\ncookie: ${gateway.cookie}\r\nsec-fetch-site: same-origin\r\nsec-fetch-dest: empty\r\n`
  const get = (path: string): string => `GET /api/shop/${path} HTTP/1.1\r\n${own}\r\n`
  await eventually(async () => {
    const answer = await fetch(`http://localhost:${gateway.port}/api/shop/small`, { headers: { cookie: gateway.cookie } })
    if (answer.status !== 200) throw new Error(`status ${answer.status}`)
    await answer.arrayBuffer()
  })
  await pass(1)
  const rows: string[][] = [['', 'connections', 'gateway RSS, MiB', 'KiB each']]
  const idle = residentMiB(child.pid)
  rows.push(['idle', '0', idle.toFixed(0), ''])

  const { port } = gateway
  const events = await step(`${streams} idle event streams`, { port, count: streams, head: get('events'), untilAnswered: true })
  if (events.answers.good !== streams) throw new Error(`${events.answers.bad} streams were refused: ${events.answers.refusal}`)
  const length = PIECE.length * 1000
  const slow = `POST /api/shop/sink HTTP/1.1\r\n${own}content-type: application/octet-stream\r\ncontent-length: ${length}\r\n\r\n`
  const sending = await step(`${uploads} slow uploads`, { port, count: uploads, head: slow, untilAnswered: false })
  await step(`${readers} readers that stopped`, { port, count: readers, head: get('endless'), stopReading: true, untilAnswered: true })

  const held = residentMiB(child.pid)
  for (let second = 0; second < Number(values.seconds); second += 1) {
    for (const socket of sending.sockets) socket.write(PIECE)
    await pass(1)
  }
  const after = residentMiB(child.pid)
  rows.push([`${values.seconds} s later`, String(together), after.toFixed(0), (((after - idle) * 1024) / together).toFixed(1)])
  const answer = await fetch(`http://localhost:${port}/auth/session`, { headers: { cookie: gateway.cookie, 'x-csrf': '1' } })
  rows.push(['a call among them', '1', `status ${answer.status}`, ''])
  for (const crowd of crowds.splice(0)) crowd.leave()
  await pass(3)
  rows.push(['all gone', '0', residentMiB(child.pid).toFixed(0), ''])
  console.log(table(rows))
  console.log(`\ngrowth while they were held: ${(after - held).toFixed(1)} MiB`)
  if (after - held > 32 + held / 5 || answer.status !== 200) process.exitCode = 1

  async function step(name: string, options: Parameters<typeof gather>[0]): Promise<Crowd> {
    const crowd = await gather(options)
    crowds.push(crowd)
    await pass(1)
    const now = residentMiB(child.pid)
    const count = crowds.reduce((sum, { sockets }) => sum + sockets.length, 0)
    rows.push([name, String(count), now.toFixed(0), (((now - idle) * 1024) / count).toFixed(1)])
    return crowd
  }
} finally {
  for (const crowd of crowds) crowd.leave()
  for (const child of started.toReversed()) await child.stop()
  rmSync(root, { recursive: true, force: true })
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
