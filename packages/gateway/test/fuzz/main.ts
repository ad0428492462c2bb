import { type ChildProcess, fork } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Finding, Order, Report } from './child.ts'

/**
 * npm run fuzz -- --seconds 300 [--seed N] [--target NAME] [--out FOLDER]
 * npm run fuzz -- --replay FILE
 * Exit code 1 when something was found; each finding is a file that `--replay` runs again. See docs/fuzzing.md.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string' },
    target: { type: 'string' },
    out: { type: 'string', default: join(tmpdir(), 'cloakroom-fuzz-findings') },
    replay: { type: 'string' },
  },
})

const BATCH = 256
/** A batch takes a second or two; beyond this something hangs. */
const HANG_MS = 60_000
/** Held above what there is once every target has run four times: caches and pools are full by then. */
const GROWTH_MIB = 48
/** Client, gateway and upstream are one process; V8 takes what it likes below this. */
const MOST_MIB = 1024

const seed = values.seed === undefined ? 1 + Math.floor(Math.random() * 1_000_000_000) : Number(values.seed)
const seconds = Number(values.seconds)
if (!Number.isSafeInteger(seed) || seed < 1 || !(seconds > 0)) {
  console.error('--seed takes a whole number above 0, --seconds a number above 0')
  process.exit(64)
}
process.exitCode = values.replay === undefined ? await fuzz() : await replay(values.replay)

async function fuzz(): Promise<number> {
  console.log(`seed ${seed}, ${seconds} s`)
  const under = await startChild()
  const names = values.target === undefined ? under.targets : under.targets.filter((name) => name === values.target)
  if (names.length === 0) throw new Error(`there is no target ${values.target}: ${under.targets.join(', ')}`)
  const until = performance.now() + seconds * 1000
  const counts = new Map<string, number>()
  const kinds = new Map<string, Finding>()
  let warm: number | null = null
  let last = { rssMiB: 0, heldMiB: 0, forwarded: 0 }
  let most = 0
  for (let round = 0; performance.now() < until; round += 1) {
    const target = names[round % names.length] ?? ''
    // A batch's seeds follow from the run's seed and its number alone, so that one finding can be found again without the rest.
    const first = seed + round * BATCH
    const report = await under.ask({ do: 'batch', target, seed: first, cases: BATCH })
    counts.set(target, (counts.get(target) ?? 0) + BATCH)
    if (typeof report === 'string') {
      note(kinds, { target, seed: first, input: '', what: report })
      break
    }
    for (const finding of report.findings) note(kinds, finding)
    last = report
    most = Math.max(most, report.rssMiB)
    if (warm === null && round >= names.length * 4) warm = report.heldMiB
    if (report.rssMiB > MOST_MIB || (warm !== null && report.heldMiB > warm + GROWTH_MIB)) {
      note(kinds, {
        target,
        seed: first,
        input: '',
        what: `the process holds ${report.heldMiB} MiB, ${warm} when warm, and takes ${report.rssMiB}`,
      })
      break
    }
  }
  under.end()
  for (const [name, count] of counts) console.log(`${String(count).padStart(10)} cases  ${name}`)
  console.log(`held after a collection ${warm ?? last.heldMiB} MiB warm, ${last.heldMiB} at the end; resident ${most} at most`)
  console.log(`${last.forwarded} requests reached the upstream`)
  console.log(kinds.size === 0 ? 'nothing found' : `${kinds.size} kinds of findings`)
  return kinds.size === 0 ? 0 : 1
}

async function replay(file: string): Promise<number> {
  const finding = JSON.parse(readFileSync(file, 'utf8')) as Finding
  const under = await startChild()
  const order: Order =
    finding.input === ''
      ? { do: 'batch', target: finding.target, seed: finding.seed, cases: BATCH }
      : { do: 'replay', target: finding.target, input: finding.input }
  const report = await under.ask(order)
  under.end()
  const found = typeof report === 'string' ? [report] : report.findings.map(({ what }) => what)
  console.log(found.length === 0 ? 'it does not happen any more' : found.join('\n'))
  return found.length === 0 ? 0 : 1
}

/** One file for each kind of finding: a thousand of the same tell no more than one. */
function note(kinds: Map<string, Finding>, finding: Finding): void {
  const kind = `${finding.target}: ${finding.what.split('\n', 2).join(' ').slice(0, 160)}`
  if (kinds.has(kind)) return
  kinds.set(kind, finding)
  mkdirSync(values.out, { recursive: true })
  const file = join(values.out, `${finding.target.replaceAll(' ', '-')}-${finding.seed}-${kinds.size}.json`)
  writeFileSync(file, `${JSON.stringify(finding, null, 2)}\n`)
  console.log(`FOUND  ${kind}\n       ${file}`)
}

interface Child {
  readonly targets: readonly string[]
  /** The report, or in words how the process failed to give one. */
  ask(order: Order): Promise<Extract<Report, { kind: 'done' }> | string>
  end(): void
}

async function startChild(): Promise<Child> {
  const child: ChildProcess = fork(resolve(import.meta.dirname, 'child.ts'), [], {
    execArgv: ['--conditions=source', '--expose-gc'],
    serialization: 'advanced',
  })
  let heard: ((report: Report | string) => void) | null = null
  child.on('message', (report: Report) => heard?.(report))
  child.on('exit', (code, signal) => heard?.(`the process ended with ${signal ?? code}`))
  const next = (): Promise<Report | string> =>
    new Promise((done) => {
      const timer = setTimeout(() => done('no answer within a minute'), HANG_MS)
      heard = (report) => {
        clearTimeout(timer)
        heard = null
        done(report)
      }
    })
  const ready = await next()
  if (typeof ready === 'string' || ready.kind !== 'ready') throw new Error(`the gateway under test did not start: ${JSON.stringify(ready)}`)
  return {
    targets: ready.targets,
    async ask(order) {
      const answer = next()
      child.send(order)
      const report = await answer
      if (typeof report !== 'string' && report.kind === 'done') return report
      child.kill('SIGKILL')
      return typeof report === 'string' ? report : 'an answer out of turn'
    },
    end() {
      if (child.connected) child.send({ do: 'end' } satisfies Order)
    },
  }
}
