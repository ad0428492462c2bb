import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Child, start } from './children.ts'
import { cpuSeconds, residentMiB } from './cpu.ts'
import { eventually, freePort, type Gateway, setUpGateway, visitorHeaders } from './gateway.ts'
import { type GuardFigures, guardRows, measureGuard } from './guard-figures.ts'
import { type HardeningFigures, hardeningLine, measureHardening } from './hardening.ts'
import { run, type Scenario } from './load.ts'
import { nginxCommand } from './nginx.ts'
import { measureSessions, type SessionFigures } from './sessions.ts'
import { measureSigning, signingRows } from './signing.ts'
import { median, table } from './table.ts'

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, only: { type: 'string', default: '' } } })
const { quick } = values
const ROUNDS = quick ? 3 : 7
const MIB = 1024 * 1024
const scale = quick ? 0.25 : 1

const ALL_SCENARIOS: readonly Scenario[] = [
  {
    name: 'small GET (261 B)',
    method: 'GET',
    path: '/api/shop/small',
    body: null,
    expectBytes: 261,
    requests: 20_000 * scale,
    connections: 32,
  },
  {
    name: 'GET 64 KiB',
    method: 'GET',
    path: '/api/shop/middle',
    body: null,
    expectBytes: 64 * 1024,
    requests: 6000 * scale,
    connections: 32,
  },
  { name: 'download 1 MiB', method: 'GET', path: '/api/shop/large', body: null, expectBytes: MIB, requests: 600 * scale, connections: 16 },
  {
    name: 'upload 1 MiB',
    method: 'POST',
    path: '/api/shop/sink',
    body: Buffer.alloc(MIB, 'x'),
    expectBytes: null,
    requests: 400 * scale,
    connections: 16,
  },
  {
    name: 'SSE (200 events)',
    method: 'GET',
    path: '/api/shop/events',
    body: null,
    expectBytes: null,
    requests: 400 * scale,
    connections: 16,
  },
]

/** `--only 'small GET'`: those whose names begin so. */
const SCENARIOS = ALL_SCENARIOS.filter(({ name }) => name.startsWith(values.only))

interface Contestant {
  readonly name: string
  readonly pid: number
  readonly origin: string
  readonly headers: Readonly<Record<string, string>>
}

const root = mkdtempSync(join(tmpdir(), 'cloakroom-bench-'))
const started: Child[] = []
try {
  const key = randomBytes(24).toString('base64url')
  const upstream = await launch('upstream.ts', [key])
  const upstreamOrigin = `http://127.0.0.1:${upstream.line}`
  const gateway = await setUpGateway(mkdtempSync(join(root, 'gateway-')), upstreamOrigin, key)
  const life = await measureLife(gateway)
  const contestants = await startAll(gateway, upstreamOrigin, key, upstream)
  const results = await race(contestants)
  const sessions = await measureSessions(1000, quick ? 100_000 : 1_000_000)
  // Many short pairs: the middle of them tells more than a few long ones.
  const hardening = await measureHardening(root, upstreamOrigin, key, { ...first(ALL_SCENARIOS), requests: 4000 }, quick ? 8 : 60)
  const guard = await measureGuard(root, upstreamOrigin, key, 3 * ROUNDS, quick ? 1000 : 4000)
  report(results, life, sessions, hardening, guard)
  console.log(`\n${table(signingRows(await measureSigning(quick ? 300 : 1000)))}`)
} finally {
  for (const child of started.toReversed()) await child.stop()
  rmSync(root, { recursive: true, force: true })
}

async function launch(file: string, args: readonly string[]): Promise<Child> {
  const child = await start(process.execPath, [resolve(import.meta.dirname, file), ...args], { waitForLine: /^(\d+)$/ })
  started.push(child)
  return child
}

async function startAll(gateway: Gateway, upstream: string, key: string, upstreamChild: Child): Promise<readonly Contestant[]> {
  const plain = { host: 'localhost', accept: '*/*' }
  const contestants: Contestant[] = [
    { name: 'direct', pid: upstreamChild.pid, origin: upstream, headers: { ...plain, authorization: `Bearer ${key}` } },
  ]
  for (const [name, file] of [
    ['node:http + undici', 'bare'],
    ['@fastify/http-proxy', 'fastify'],
    ['http-proxy-middleware', 'middleware'],
  ] as const) {
    const child = await launch(`contestants/${file}.ts`, [upstream, key])
    contestants.push({ name, pid: child.pid, origin: `http://127.0.0.1:${child.line}`, headers: plain })
  }
  const port = await freePort()
  const nginx = nginxCommand(root, port, upstream, key)
  if (nginx === null) console.log('nginx is not installed: left out (Debian: apt-get install nginx-light)')
  else {
    const child = await start(nginx.command, nginx.args, { waitForLine: null })
    started.push(child)
    contestants.push({ name: 'nginx proxy_pass', pid: child.pid, origin: `http://127.0.0.1:${port}`, headers: plain })
  }
  const own = await gateway.start()
  started.push(own)
  const headers = visitorHeaders(gateway)
  contestants.push({ name: 'cloakroom', pid: own.pid, origin: `http://127.0.0.1:${gateway.port}`, headers })
  for (const { origin, headers: sent } of contestants) await eventually(() => run(origin, { ...first(SCENARIOS), requests: 200 }, sent))
  return contestants
}

type Results = Map<string, Map<string, number>>

/** CPU microseconds per request: scenario → contestant → median over rounds that alternate between the contestants. */
async function race(contestants: readonly Contestant[]): Promise<Results> {
  const results: Results = new Map()
  for (const scenario of SCENARIOS) {
    const figures = new Map(contestants.map(({ name }) => [name, [] as number[]]))
    for (let round = 0; round < ROUNDS; round += 1) {
      const order = round % 2 === 0 ? contestants : contestants.toReversed()
      for (const { name, pid, origin, headers } of order) {
        const before = cpuSeconds(pid)
        const { requests } = await run(origin, scenario, headers)
        figures.get(name)?.push(((cpuSeconds(pid) - before) * 1e6) / requests)
      }
    }
    const medians = new Map([...figures].map(([name, rounds]) => [name, median(rounds)]))
    results.set(scenario.name, medians)
    console.error(
      `measured: ${scenario.name}: ${[...medians].map(([name, microseconds]) => `${name} ${microseconds.toFixed(1)}`).join(', ')}`,
    )
  }
  return results
}

interface Life {
  /** From the start of the process to the end of the first answer that came through it. */
  readonly firstAnswerMs: number
  readonly idleMiB: number
}

async function measureLife(gateway: Gateway): Promise<Life> {
  const firsts: number[] = []
  const idle: number[] = []
  for (let round = 0; round < 5; round += 1) {
    const began = performance.now()
    const child = await gateway.start()
    await eventually(async () => {
      const answer = await fetch(`http://localhost:${gateway.port}/api/shop/small`, { headers: { cookie: gateway.cookie } })
      if (answer.status !== 200) throw new Error(`status ${answer.status}`)
      await answer.arrayBuffer()
    })
    firsts.push(performance.now() - began)
    await new Promise((resolve) => setTimeout(resolve, 1500))
    idle.push(residentMiB(child.pid))
    await child.stop()
  }
  return { firstAnswerMs: median(firsts), idleMiB: median(idle) }
}

function report(results: Results, life: Life, sessions: SessionFigures, hardening: HardeningFigures, guard: GuardFigures): void {
  const names = [...first([...results.values()]).keys()]
  const rows = [['CPU per request, µs', ...names]]
  for (const [scenario, figures] of results) rows.push([scenario, ...names.map((name) => (figures.get(name) ?? Number.NaN).toFixed(1))])
  console.log(`${table(rows)}\n`)
  const ratios = [['cloakroom as a ratio of', ...names]]
  for (const [scenario, figures] of results)
    ratios.push([
      scenario,
      ...names.map((name) => ((figures.get('cloakroom') ?? Number.NaN) / (figures.get(name) ?? Number.NaN)).toFixed(2)),
    ])
  console.log(`${table(ratios)}\n`)
  console.log(`start to first forwarded answer  ${life.firstAnswerMs.toFixed(0)} ms`)
  console.log(`idle memory                      ${life.idleMiB.toFixed(1)} MiB`)
  for (const [name, { few, many }] of Object.entries({ 'from the table': sessions.cold, 'seen just now': sessions.warm })) {
    const among = quick ? '100,000' : 'a million'
    console.log(
      `session ${name}: ${few.toFixed(0)} ns of CPU among a thousand, ${many.toFixed(0)} ns among ${among}: ${(many / few).toFixed(2)} times`,
    )
  }
  console.log(hardeningLine(hardening))
  console.log(`\n${table(guardRows(guard))}`)
  const content = {
    node: process.version,
    rounds: ROUNDS,
    microsecondsPerRequest: Object.fromEntries([...results].map(([name, figures]) => [name, Object.fromEntries(figures)])),
    life,
    sessions,
    hardening,
    guard: Object.fromEntries(guard),
  }
  const file = resolve(import.meta.dirname, '../results/latest.json')
  mkdirSync(resolve(file, '..'), { recursive: true })
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`)
  console.log(`\nas JSON: ${file}`)
}

function first<T>(values: readonly T[]): T {
  const [value] = values
  if (value === undefined) throw new Error('nothing there')
  return value
}
