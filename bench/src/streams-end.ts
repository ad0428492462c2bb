import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Child, start } from './children.ts'
import { descriptorsFor } from './descriptors.ts'
import { addAccount, command, eventually, freePort, setUpGateway, signIn, startGateway } from './gateway.ts'
import { type Crowd, gather } from './pressure-clients.ts'

/**
 * npm run bench:streams-end [-- --streams 10000 --accounts 20]
 * Streams of many accounts, half of each on one gateway and half on another of the same store. One account is disabled: how long do its streams
 * live on, and does any other end? Afterwards the API says something, which every other stream must get. Exit code 1 when it is not so.
 */
const { values } = parseArgs({ options: { streams: { type: 'string', default: '10000' }, accounts: { type: 'string', default: '20' } } })
const [streams, accounts] = [Number(values.streams), Number(values.accounts)]
const RESERVE = 300
const needed = streams + RESERVE
const had = descriptorsFor(needed)
if (had < needed) throw new Error(`${streams} streams over two gateways take ${needed} file descriptors a process; here are ${had}`)

/** The streams of one account on one gateway. */
interface Share {
  readonly account: number
  readonly crowd: Crowd
  /** When each that ended did. */
  readonly ended: number[]
  /** How many heard what the API said at the end. */
  heard: number
}

const root = mkdtempSync(join(tmpdir(), 'cloakroom-streams-'))
const started: Child[] = []
const shares: Share[] = []
try {
  const upstream = await start(process.execPath, [resolve(import.meta.dirname, 'pressure-upstream.ts')], { waitForLine: /^(\d+)$/ })
  started.push(upstream)
  const api = `http://127.0.0.1:${upstream.line}`
  const first = await setUpGateway(root, api, randomBytes(24).toString('base64url'))
  const { port } = first
  const otherPort = await freePort()
  configure(port, otherPort, await freePort())
  for (let at = 0; at < accounts; at++) addAccount(root, `visitor-${at}`)
  started.push(await first.start(), await startGateway(root, 'other.yaml'))
  const cookies: string[] = []
  for (let at = 0; at < accounts; at++) cookies.push(await signIn(port, `visitor-${at}`))
  for (const [account, cookie] of cookies.entries()) {
    for (const [half, gateway] of [port, otherPort].entries()) {
      const mine = Math.floor((streams * (account + 1)) / accounts) - Math.floor((streams * account) / accounts)
      const count = half === 0 ? Math.ceil(mine / 2) : Math.floor(mine / 2)
      shares.push(
        watched(account, await eventually(() => gather({ port: gateway, count, head: head(gateway, cookie), untilAnswered: true }))),
      )
    }
  }
  const refused = shares.reduce((sum, { crowd }) => sum + crowd.answers.bad, 0)
  const open = Number(await (await fetch(`${api}/say`)).text())
  if (refused > 0 || open !== streams) throw new Error(`${open} of ${streams} streams are open; ${refused} were refused`)
  await pass(2)
  for (const share of shares) share.heard = 0

  const gone = Math.floor(accounts / 2)
  const askedAt = performance.now()
  command(root, ['account', 'disable', `visitor-${gone}`])
  const saidAt = performance.now()
  await pass(5)
  const theirs = shares.filter(({ account }) => account === gone)
  const others = shares.filter(({ account }) => account !== gone)
  const endings = theirs.flatMap(({ ended }) => ended.map((at) => at - saidAt)).toSorted((one, other) => one - other)
  const wrongly = others.reduce((sum, { ended }) => sum + ended.length, 0)
  const still = Number(await (await fetch(`${api}/say`)).text())
  await pass(3)
  const heard = others.reduce((sum, share) => sum + share.heard, 0)
  const expected = theirs.reduce((sum, { crowd }) => sum + crowd.sockets.length, 0)
  const at = (part: number): string => `${Math.round(endings[Math.min(endings.length - 1, Math.floor(part * endings.length))] ?? NaN)} ms`
  console.log(
    `${streams} streams of ${accounts} accounts on two gateways; one account disabled (the command took ${Math.round(saidAt - askedAt)} ms)`,
  )
  console.log(
    `its ${expected} streams: ${endings.length} ended; after the acknowledgement: median ${at(0.5)}, p99 ${at(0.99)}, last ${at(1)}`,
  )
  console.log(`the ${streams - expected} others: ${wrongly} ended; ${heard} heard what the API said afterwards; the API has ${still} open`)
  const isRight = endings.length === expected && wrongly === 0 && heard === streams - expected && still === streams - expected
  if (!isRight || (endings.at(-1) ?? Infinity) > 3000) process.exitCode = 1
} finally {
  for (const { crowd } of shares) crowd.leave()
  for (const child of started.toReversed()) await child.stop()
  rmSync(root, { recursive: true, force: true })
}

function watched(account: number, crowd: Crowd): Share {
  const share: Share = { account, crowd, ended: [], heard: 0 }
  for (const socket of crowd.sockets) {
    socket.once('close', () => share.ended.push(performance.now()))
    socket.on('data', () => (share.heard += 1))
  }
  return share
}

function head(port: number, cookie: string): string {
  return `GET /api/shop/events HTTP/1.1\r\nhost: localhost:${port}\r\ncookie: ${cookie}\r\nsec-fetch-site: same-origin\r\nsec-fetch-dest: empty\r\n\r\n`
}

/** As many connections and requests as the run needs, and a second configuration for the second gateway. */
function configure(port: number, otherPort: number, otherAdmin: number): void {
  const file = join(root, 'cloakroom.yaml')
  const room = streams + 200
  const api = readFileSync(file, 'utf8').replace(
    /^( +)upstream: .*$/m,
    (line, indent: string) => `${line}\n${indent}limits: { connections: ${room} }`,
  )
  const wide = `limits: { connections: ${room}, requests: ${room} }\n${api}`
  writeFileSync(file, wide)
  const other = wide
    .replace(`127.0.0.1:${port}`, `127.0.0.1:${otherPort}`)
    .replace(/^admin: .*$/m, `admin: { listen: 127.0.0.1:${otherAdmin} }`)
    .replace('./access.log', './other.log')
  writeFileSync(join(root, 'other.yaml'), other)
}

function pass(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000))
}
