import { mkdirSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import type { Child } from './children.ts'
import { cpuSeconds } from './cpu.ts'
import { eventually, setUpGateway, visitorHeaders } from './gateway.ts'
import { run, type Scenario } from './load.ts'
import { softenedCopy } from './softened.ts'
import { median } from './table.ts'

/** CPU per request of the gateway as it is and of the same without its hardening, in microseconds, and what the one is of the other. */
export interface HardeningFigures {
  readonly hardened: number
  readonly softened: number
  /** Of each pair of neighbouring measurements. */
  readonly ratios: readonly number[]
}

/** Both gateways run at once and take turns, so that what else the machine does falls on both; each pair begins with the other one. */
export async function measureHardening(
  root: string,
  upstream: string,
  key: string,
  scenario: Scenario,
  pairs: number,
): Promise<HardeningFigures> {
  const copy = mkdtempSync(join(root, 'softened-'))
  const command = softenedCopy(copy)
  const children: Child[] = []
  async function open(name: string, main?: string) {
    const folder = join(root, name)
    mkdirSync(folder)
    const gateway = await setUpGateway(folder, upstream, key, 'off', main)
    const child = await gateway.start()
    children.push(child)
    const headers = visitorHeaders(gateway)
    const send = async (requests: number): Promise<number> => {
      const before = cpuSeconds(child.pid)
      await run(`http://127.0.0.1:${gateway.port}`, { ...scenario, requests }, headers)
      return ((cpuSeconds(child.pid) - before) * 1e6) / requests
    }
    // Until both are compiled.
    await eventually(() => send(200))
    await send(scenario.requests)
    return send
  }
  try {
    const hardened = await open('hardened')
    const softened = await open('without-hardening', command)
    const figures = { hardened: [] as number[], softened: [] as number[] }
    for (let pair = 0; pair < pairs; pair += 1) {
      for (const name of pair % 2 === 0 ? (['hardened', 'softened'] as const) : (['softened', 'hardened'] as const))
        figures[name].push(await (name === 'hardened' ? hardened : softened)(scenario.requests))
    }
    const ratios = figures.hardened.map((own, pair) => own / (figures.softened[pair] ?? Number.NaN))
    return { hardened: median(figures.hardened), softened: median(figures.softened), ratios }
  } finally {
    for (const child of children) await child.stop()
  }
}

/** One line: the ratio, its spread, and what it is made of. */
export function hardeningLine({ hardened, softened, ratios }: HardeningFigures): string {
  const sorted = ratios.toSorted((one, other) => one - other)
  const quarter = (part: number): string => (sorted[Math.round(((sorted.length - 1) * part) / 4)] ?? Number.NaN).toFixed(2)
  const spread = `half of ${ratios.length} pairs from ${quarter(1)} to ${quarter(3)}, all from ${quarter(0)} to ${quarter(4)}`
  return `hardening, small GET             ${median(ratios).toFixed(3)} times (${spread}; ${hardened.toFixed(1)} µs with it, ${softened.toFixed(1)} µs without)`
}
