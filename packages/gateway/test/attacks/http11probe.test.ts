import { afterAll, expect, test } from 'vitest'
import { type Contestant, findNginx, startBareNode, startFront, startNginx } from '../contestants.ts'
import { readSection, updateSection } from '../framing-page.ts'
import { figuresOf, type Judged, readProbes, runProbes } from '../http11probe.ts'

const probes = readProbes()
if (probes === null) console.log('skipped: ../shared/corpora/http11probe.json is not there')
const open: Contestant[] = []
afterAll(async () => {
  for (const contestant of open.toReversed()) await contestant.close()
})

async function judge(start: Promise<Contestant>): Promise<readonly Judged[]> {
  const contestant = await start
  open.push(contestant)
  return await runProbes(contestant.port, probes ?? [])
}

test.skipIf(probes === null)(
  'HTTP-04 HTTP-05 HTTP-06 no public probe of level Must finds a fault; the figures beside Node and nginx',
  { timeout: 60_000 },
  async () => {
    const upstream = await startBareNode()
    open.push(upstream)
    const origin = `http://127.0.0.1:${upstream.port}`
    const nginx = findNginx()
    const runs: readonly (readonly [name: string, judged: readonly Judged[]])[] = [
      ['gateway', await judge(startFront(origin))],
      ['bare Node', await judge(startBareNode())],
      ...(nginx === null ? [] : ([['nginx', await judge(startNginx(nginx, origin))]] as const)),
    ]
    for (const [name, judged] of runs) {
      const rows = figuresOf(judged).map(({ level, pass, warn, fail }) => `  ${level.padEnd(14)} ${pass} pass, ${warn} warn, ${fail} fail`)
      const odd = judged.filter(({ probe, verdict }) => probe.scored && verdict !== 'Pass')
      const list =
        name === 'gateway' ? odd.map(({ probe, outcome, verdict }) => `    ${verdict} ${probe.level} ${probe.id}: ${outcome}`) : []
      console.log([`${name}, scored probes:`, ...rows, ...list].join('\n'))
    }
    updateSection('probes', [HEAD, ...runs.map(([name, judged]) => row(name, judged))].join('\n'))
    const failed = (runs[0]?.[1] ?? []).filter(({ probe, verdict }) => probe.scored && (verdict === 'Fail' || verdict === 'Error'))
    expect(failed.filter(({ probe }) => probe.level === 'Must').map(({ probe, outcome }) => `${probe.id}: ${outcome}`)).toEqual([])
    expect(failed.map(({ probe, outcome }) => `${probe.id}: ${outcome}`)).toEqual([])
    expect(readSection('probes')).toContain(row('gateway', runs[0]?.[1] ?? []))
  },
)

const LEVELS = ['Must', 'Should', 'OughtTo', 'May', 'NotApplicable', 'all']
const HEAD = `| pass / warn / fail | ${LEVELS.join(' | ')} |\n|${'-|'.repeat(LEVELS.length + 1)}`

function row(name: string, judged: readonly Judged[]): string {
  return `| ${name} | ${figuresOf(judged)
    .map(({ pass, warn, fail }) => `${pass} / ${warn} / ${fail}`)
    .join(' | ')} |`
}
