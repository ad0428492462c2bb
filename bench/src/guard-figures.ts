import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Child } from './children.ts'
import { cpuSeconds } from './cpu.ts'
import { eventually, setUpGateway, visitorHeaders } from './gateway.ts'
import { run, type Scenario } from './load.ts'
import { median } from './table.ts'

/** CPU microseconds per small request, by what the guard has to do; the first is without a guard. */
export type GuardFigures = ReadonlyMap<string, number>

const SMALL: Scenario = {
  name: 'small GET (261 B)',
  method: 'GET',
  path: '/api/shop/small',
  body: null,
  expectBytes: 261,
  requests: 0,
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

/** A thousand rules for another method, as the index is made for, and one list that is asked at every request. */
function many(): string {
  const rules = Array.from(
    { length: 999 },
    (_, n) => `  - { id: r${n}, when: 'request.method == "DELETE" && request.path == "/api/shop/${n}"', then: { block: 403 } }`,
  )
  return `${DEFAULTS.replace('signals:', 'lists:\n  denied: { cidr: [], file: ./denied.txt }\nsignals:')}  - { id: denied, when: ip.addr in lists.denied, then: { block: 403 } }\n${rules.join('\n')}\n`
}

function ranges(): string {
  return Array.from({ length: 100_000 }, (_, n) => `${1 + (n % 120)}.${(n >> 7) % 256}.${(n * 7) % 256}.${(n % 16) * 16}/28`).join('\n')
}

/** All of them run at once and take turns, so that what else the machine does falls on each. The median of `rounds`. */
export async function measureGuard(root: string, upstream: string, key: string, rounds: number, requests: number): Promise<GuardFigures> {
  const children: Child[] = []
  try {
    const contestants = []
    for (const [name, text] of [
      ['no guard', null],
      ['the rules that come with it', DEFAULTS],
      ['1,000 rules, 100,000 ranges', many()],
    ] as const) {
      const folder = join(root, `guard-${name.replaceAll(/\W/g, '-')}`)
      mkdirSync(folder)
      if (text !== null) {
        writeFileSync(join(folder, 'guard.yaml'), text)
        writeFileSync(join(folder, 'denied.txt'), ranges())
      }
      const gateway = await setUpGateway(folder, upstream, key, text === null ? 'off' : './guard.yaml')
      const child = await gateway.start()
      children.push(child)
      const headers = visitorHeaders(gateway)
      const origin = `http://127.0.0.1:${gateway.port}`
      await eventually(() => run(origin, { ...SMALL, requests: 200 }, headers))
      // Until all is compiled: a guard is more code, and compiling it is no cost of a request.
      await run(origin, { ...SMALL, requests: requests * 5 }, headers)
      contestants.push({ name, pid: child.pid, origin, headers, figures: [] as number[] })
    }
    for (let round = 0; round < rounds; round += 1) {
      for (const one of round % 2 === 0 ? contestants : contestants.toReversed()) {
        const before = cpuSeconds(one.pid)
        const done = await run(one.origin, { ...SMALL, requests }, one.headers)
        one.figures.push(((cpuSeconds(one.pid) - before) * 1e6) / done.requests)
      }
    }
    return new Map(contestants.map(({ name, figures }) => [name, median(figures)]))
  } finally {
    for (const child of children.toReversed()) await child.stop()
  }
}

export function guardRows(figures: GuardFigures): readonly (readonly string[])[] {
  const [base = Number.NaN] = figures.values()
  const rows = [...figures].map(([name, microseconds]) => [name, `${microseconds.toFixed(1)} µs`, (microseconds / base).toFixed(2)])
  return [['the guard', 'CPU per request', 'times none'], ...rows]
}
