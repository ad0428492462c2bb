import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export type Status = 'built' | 'partly' | 'not yet' | 'left out'

/** One requirement: where it stands, why it is not whole, and the tests that name it. */
export interface Row {
  readonly status: Status
  readonly reason?: string
  readonly tests: readonly string[]
}

interface Reasons {
  /** Rows of each group: SES-01 … SES-26. */
  readonly rows: Readonly<Record<string, number>>
  /** By row; `GROUP-*` stands for the rows of a group that no test names. A row without an entry is built. */
  readonly reasons: Readonly<Record<string, readonly [Status, string]>>
}

const root = resolve(import.meta.dirname, '..')
export const MAP = 'docs/asvs-map.json'

/** docs/asvs-map.json as it should be, and what contradicts itself: a row that nobody shows or explains, a reason that tests have overtaken. */
export function requirements(): { readonly map: Readonly<Record<string, Row>>; readonly complaints: readonly string[] } {
  const { rows, reasons } = JSON.parse(readFileSync(join(root, 'scripts/requirements-reasons.json'), 'utf8')) as Reasons
  const ids = Object.entries(rows).flatMap(([group, count]) =>
    Array.from({ length: count }, (_, at) => `${group}-${String(at + 1).padStart(2, '0')}`),
  )
  const named = testsByRow(new Set(ids))
  const complaints = Object.keys(reasons)
    .filter((key) => !key.endsWith('-*') && !ids.includes(key))
    .map((key) => `${key}: no such row`)
  const map: Record<string, Row> = {}
  for (const id of ids) {
    const tests = named.get(id) ?? []
    const own = reasons[id]
    const group = tests.length === 0 ? reasons[id.replace(/\d+$/, '*')] : undefined
    const [status, reason] = own ?? group ?? (['built', undefined] as const)
    const shown = status === 'built' || status === 'partly'
    if (shown && tests.length === 0) complaints.push(`${id}: no test names it, and no reason says why`)
    if (!shown && tests.length > 0) complaints.push(`${id}: ${tests.join(', ')} shows it; correct scripts/requirements-reasons.json`)
    map[id] = { status, ...(reason === undefined ? {} : { reason }), tests }
  }
  return { map, complaints }
}

/** Which test files name which row. */
function testsByRow(ids: ReadonlySet<string>): ReadonlyMap<string, readonly string[]> {
  const patterns = [
    'packages/*/src/**/*.test.ts',
    'packages/*/test/**/*.test.ts',
    'packages/*/test/{cases,conformance}/*.ts',
    'scripts/*.test.ts',
  ]
  const found = new Map<string, string[]>()
  for (const file of globSync(patterns, { cwd: root, exclude: ['**/node_modules/**', '**/dist/**'] }).toSorted()) {
    const text = readFileSync(join(root, file), 'utf8')
    for (const id of new Set(text.match(/\b[A-Z]{3,4}-\d\d\b/g))) {
      if (ids.has(id)) found.set(id, [...(found.get(id) ?? []), file])
    }
  }
  return found
}

const WIDTH = 140

/** As the formatter has it: a list on one line where it fits. */
export function formatMap(map: Readonly<Record<string, Row>>): string {
  const rows = Object.entries(map).map(([id, row]) => {
    const lines = Object.entries(row).map(([key, value]) => {
      const short = `    ${JSON.stringify(key)}: ${JSON.stringify(value).replaceAll('","', '", "')}`
      return Array.isArray(value) && short.length > WIDTH
        ? `    "${key}": [\n${value.map((each) => `      "${each}"`).join(',\n')}\n    ]`
        : short
    })
    return `  "${id}": {\n${lines.join(',\n')}\n  }`
  })
  return `{\n${rows.join(',\n')}\n}\n`
}

if (import.meta.main) {
  const { map, complaints } = requirements()
  writeFileSync(join(root, MAP), formatMap(map))
  const counts: Record<Status, number> = { built: 0, partly: 0, 'not yet': 0, 'left out': 0 }
  for (const { status } of Object.values(map)) counts[status] += 1
  console.log(
    Object.entries(counts)
      .map(([status, count]) => `${status}: ${count}`)
      .join('\n'),
  )
  for (const complaint of complaints) console.error(complaint)
  if (complaints.length > 0) process.exitCode = 1
}
