import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Child, start } from './children.ts'
import { cpuSeconds } from './cpu.ts'
import { eventually, setUpGateway } from './gateway.ts'
import { run, type Scenario } from './load.ts'
import { median, table } from './table.ts'

/** What the guard costs: CPU per small request without rules, with those that come with the gateway, and with a thousand and a list of 100,000 ranges. */
const ROUNDS = 7
const SMALL: Scenario = {
  name: 'small GET (261 B)',
  method: 'GET',
  path: '/api/shop/small',
  body: null,
  expectBytes: 261,
  requests: 4000,
  connections: 32,
}

/** As the default rules, with a limit that a benchmark does not reach. */
const DEFAULTS = `version: 1
defaults: false
signals:
  probing: { on: response, when: 'response.status in [403, 404] && route.kind != "own"', key: actor, leaky: { capacity: 100, leak: 1/6s, distinct: request.path }, blackhole: 5m }
  calls: { on: request, when: route.api == "shop", key: actor, gcra: { max: 100000000, per: 60s, burst: 600 } }
rules:
  - { id: probing, when: signal.probing.over, then: { block: 403 }, store_down: local }
  - { id: calls, when: route.api == "shop" && signal.calls.over, then: { throttle: auto }, store_down: local }
`

/** A rule for each of a thousand routes, as the index is made for, and one list that is asked at every request. */
function many(): string {
  const rules = Array.from(
    { length: 999 },
    (_, n) => `  - { id: r${n}, when: 'route.id == "other: GET /${n}" && request.ua == ""', then: { block: 403 } }`,
  )
  return `${DEFAULTS.replace('signals:', 'lists:\n  denied: { cidr: [], file: ./denied.txt }\nsignals:')}  - { id: denied, when: ip.addr in lists.denied, then: { block: 403 } }\n${rules.join('\n')}\n`
}

function ranges(): string {
  return Array.from({ length: 100_000 }, (_, n) => `${1 + (n % 120)}.${(n >> 7) % 256}.${(n * 7) % 256}.${(n % 16) * 16}/28`).join('\n')
}

const root = mkdtempSync(join(tmpdir(), 'cloakroom-bench-guard-'))
const started: Child[] = []
try {
  const key = randomBytes(24).toString('base64url')
  const upstream = await start(process.execPath, [resolve(import.meta.dirname, 'upstream.ts'), key], { waitForLine: /^(\d+)$/ })
  started.push(upstream)
  const contestants = []
  for (const [name, text] of [
    ['off', null],
    ['the rules that come with it', DEFAULTS],
    ['1,000 rules, 100,000 ranges', many()],
  ] as const) {
    const folder = join(root, name.replaceAll(/\W/g, '-'))
    mkdirSync(folder)
    if (text !== null) {
      writeFileSync(join(folder, 'guard.yaml'), text)
      writeFileSync(join(folder, 'denied.txt'), ranges())
    }
    const gateway = await setUpGateway(folder, `http://127.0.0.1:${upstream.line}`, key, text === null ? 'off' : './guard.yaml')
    const child = await gateway.start()
    started.push(child)
    const headers = {
      host: `localhost:${gateway.port}`,
      accept: '*/*',
      cookie: gateway.cookie,
      'sec-fetch-site': 'same-origin',
      'sec-fetch-dest': 'empty',
    }
    const origin = `http://127.0.0.1:${gateway.port}`
    await eventually(() => run(origin, { ...SMALL, requests: 1000 }, headers))
    contestants.push({ name, pid: child.pid, origin, headers, figures: [] as number[] })
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const one of round % 2 === 0 ? contestants : contestants.toReversed()) {
      const before = cpuSeconds(one.pid)
      const { requests } = await run(one.origin, SMALL, one.headers)
      one.figures.push(((cpuSeconds(one.pid) - before) * 1e6) / requests)
    }
  }
  const base = median(contestants[0]?.figures ?? [])
  const rows = contestants.map(({ name, figures }) => [
    name,
    `${median(figures).toFixed(1)} µs`,
    `${(median(figures) / base).toFixed(2)} times`,
  ])
  console.log(table([['the guard', 'CPU per request', 'of none'], ...rows]))
  console.log(JSON.stringify(Object.fromEntries(contestants.map(({ name, figures }) => [name, median(figures)]))))
} finally {
  for (const child of started.toReversed()) await child.stop()
  rmSync(root, { recursive: true, force: true })
}
