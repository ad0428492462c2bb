import { spawn } from 'node:child_process'
import { hash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Mutation } from '../packages/gateway/test/mutation.ts'
import { MUTATIONS, NOTHING_TO_TAKE_OUT } from '../packages/gateway/test/mutations.ts'

/**
 * npm run mutate [-- --only TEXT] [--again] [--check]
 * Takes each defence of test/mutations.ts out, in a copy, and demands that its attack test fails. What was seen to fail is remembered until
 * source or test change, so that a run that was broken off goes on where it was. Exit code 1 when a test noticed nothing.
 */
const { values } = parseArgs({
  options: { only: { type: 'string' }, again: { type: 'boolean', default: false }, check: { type: 'boolean', default: false } },
})
const ROOT = resolve(import.meta.dirname, '..')
const GATEWAY = join('packages', 'gateway')
const MEMORY = join(ROOT, 'node_modules', '.cache', 'cloakroom-mutations.json')
/** A test that hangs because its defence is gone has noticed. */
const LONGEST_MS = 180_000

/** `skipped`: the test cannot run on this machine. `broken`: it fails, or says nothing, with its defence in place. */
type Verdict = 'noticed' | 'survived' | 'broken' | 'skipped'

const wrong = [...misplaced(), ...uncovered()]
for (const line of wrong) console.log(line)
if (values.check) {
  console.log(`${MUTATIONS.length} mutations, ${wrong.length === 0 ? 'all in place, and one for each attack' : `${wrong.length} problems`}`)
  process.exit(wrong.length === 0 ? 0 : 1)
}

const place = mkdtempSync(join(tmpdir(), 'cloakroom-mutate-'))
process.on('exit', () => rmSync(place, { recursive: true, force: true }))
const copy = join(place, 'copy')
// Public corpora lie beside the repository; without them their tests skip, which would look like success.
if (existsSync(join(ROOT, '../shared'))) symlinkSync(join(ROOT, '../shared'), join(place, 'shared'))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))
cpSync(ROOT, copy, {
  recursive: true,
  filter: (path) => !/(?:^|\/)(?:node_modules|dist|\.git|\.tsbuildinfo)$/.test(path.slice(ROOT.length)),
})
for (const folder of ['.', ...readdirSync(join(ROOT, 'packages')).map((name) => join('packages', name))]) {
  if (existsSync(join(ROOT, folder, 'node_modules')) && existsSync(join(copy, folder)))
    symlinkSync(join(ROOT, folder, 'node_modules'), join(copy, folder, 'node_modules'))
}

const known = remembered()
const sound = new Map<string, Outcome>()
let bad = wrong.length
for (const [at, mutation] of MUTATIONS.entries()) {
  const name = `${mutation.test} ◂ ${mutation.file}`
  if (values.only !== undefined && !name.includes(values.only)) continue
  if (!isInPlace(mutation)) continue
  const key = keyOf(mutation)
  const verdict: Verdict = !values.again && known[key] === 'noticed' ? 'noticed' : await judge(mutation)
  known[key] = verdict
  remember()
  if (verdict === 'survived' || verdict === 'broken') bad += 1
  console.log(`${String(at + 1).padStart(3)}/${MUTATIONS.length}  ${verdict.padEnd(8)}  ${name}: ${firstLine(mutation.find)}`)
}
console.log(bad === 0 ? 'every test noticed' : `${bad} to look at`)
process.exitCode = bad === 0 ? 0 : 1

async function judge(mutation: Mutation): Promise<Verdict> {
  const { test } = mutation
  const plain = sound.get(test) ?? (await run(test))
  sound.set(test, plain)
  // A test that fails by itself would notice anything.
  if (plain !== 'passed') return plain === 'skipped' ? 'skipped' : 'broken'
  const before = changesOf(mutation).map(([file, find, put]) => {
    const path = join(copy, GATEWAY, 'src', file)
    const text = readFileSync(path, 'utf8')
    writeFileSync(
      path,
      text.replace(find, () => put),
    )
    return [path, text] as const
  })
  try {
    const outcome = await run(test)
    return outcome === 'failed' ? 'noticed' : outcome === 'passed' ? 'survived' : 'broken'
  } finally {
    for (const [path, text] of before.toReversed()) writeFileSync(path, text)
  }
}

function changesOf({ file, find, put, also = [] }: Mutation): readonly (readonly [file: string, find: string, put: string])[] {
  return [[file, find, put], ...also]
}

/** `unclear`: no single test failed, only the file as a whole: it may not even have been read. */
type Outcome = 'passed' | 'failed' | 'skipped' | 'unclear'

async function run(test: string): Promise<Outcome> {
  const report = join(copy, 'report.json')
  rmSync(report, { force: true })
  const path = join(GATEWAY, 'test', 'attacks', `${test}.test.ts`)
  const args = [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', path, '--reporter=json', `--outputFile=${report}`, '--bail=1']
  const child = spawn(process.execPath, args, { cwd: copy, stdio: 'ignore', detached: true, env: { ...process.env, CI: '1' } })
  let late = false
  const timer = setTimeout(() => {
    late = true
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  }, LONGEST_MS)
  await new Promise((done) => child.once('close', done))
  clearTimeout(timer)
  if (late) return 'failed'
  if (!existsSync(report)) return 'unclear'
  const counts = JSON.parse(readFileSync(report, 'utf8')) as { success: boolean; numPassedTests: number; numFailedTests: number }
  if (counts.success) return counts.numPassedTests > 0 ? 'passed' : 'skipped'
  return counts.numFailedTests > 0 ? 'failed' : 'unclear'
}

function misplaced(): readonly string[] {
  return MUTATIONS.flatMap((mutation) => {
    if (!existsSync(testOf(mutation))) return [`there is no attack test ${mutation.test}`]
    return isInPlace(mutation) ? [] : [`${mutation.file} does not hold exactly once: ${firstLine(mutation.find)}`]
  })
}

function uncovered(): readonly string[] {
  const covered = new Set([...MUTATIONS.map(({ test }) => test), ...Object.keys(NOTHING_TO_TAKE_OUT)])
  return readdirSync(join(ROOT, GATEWAY, 'test/attacks'))
    .filter((name) => name.endsWith('.test.ts') && !covered.has(name.slice(0, -'.test.ts'.length)))
    .map((name) => `nothing is taken out for ${name}`)
}

function isInPlace(mutation: Mutation): boolean {
  return changesOf(mutation).every(([file, find]) => {
    const path = join(ROOT, GATEWAY, 'src', file)
    return existsSync(path) && readFileSync(path, 'utf8').split(find).length === 2
  })
}

function testOf({ test }: Mutation, root = ROOT): string {
  return join(root, GATEWAY, 'test/attacks', `${test}.test.ts`)
}

/** Of what is in the copy, which is what runs: the original may be worked on meanwhile. */
function keyOf(mutation: Mutation): string {
  const sources = changesOf(mutation).map(([file]) => readFileSync(join(copy, GATEWAY, 'src', file), 'utf8'))
  return hash('sha256', JSON.stringify([mutation, sources, readFileSync(testOf(mutation, copy), 'utf8')]))
}

function remembered(): Record<string, Verdict> {
  return existsSync(MEMORY) ? (JSON.parse(readFileSync(MEMORY, 'utf8')) as Record<string, Verdict>) : {}
}

function remember(): void {
  mkdirSync(dirname(MEMORY), { recursive: true })
  writeFileSync(MEMORY, JSON.stringify(known, null, 1))
}

function firstLine(text: string): string {
  return text.trim().split('\n', 1)[0]?.slice(0, 100) ?? ''
}
