/**
 * Breaks each rule in many small ways and checks that its examples notice: `node packages/jwt-check/test/mutate-rules.ts [JWT-07 …]`.
 * Prints every change that no example noticed, and the share that was noticed. Writes mutants beside the rules and removes them.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Rule } from '../src/rule.ts'
import { allCases } from './cases/all.ts'
import { outcome } from './cases/outcome.ts'

const folder = join(import.meta.dirname, '../src/rules')
const chosen = new Set(process.argv.slice(2))

const swaps: readonly (readonly [RegExp, string])[] = [
  [/ === /g, ' !== '],
  [/ !== /g, ' === '],
  [/ && /g, ' || '],
  [/ \|\| /g, ' && '],
  [/ > /g, ' >= '],
  [/ < /g, ' <= '],
  [/ >= /g, ' > '],
  [/ <= /g, ' < '],
  [/\bif \(/g, 'if (true || '],
  [/\bif \(/g, 'if (false && '],
  [/return \[\{/g, 'return [].concat([]) && [{'],
  [/(?<![\w.'#-])(\d+)(?![\w.'-])/g, '($1 + 1)'],
  [/\btrue\b/g, 'false'],
  [/\bfalse\b/g, 'true'],
]

let noticed = 0
let serial = 0
const missed: string[] = []
for (const file of readdirSync(folder).filter((name) => /^jwt-\d\d-.*(?<!\.test)\.ts$/.test(name))) {
  const id = file.slice(0, 6).toUpperCase()
  if (chosen.size > 0 && !chosen.has(id)) continue
  const source = readFileSync(join(folder, file), 'utf8')
  for (const [line, mutant] of mutants(source)) {
    if (await survives(id, mutant)) missed.push(`${file}:${line.number} ${line.text}`)
    else noticed++
  }
}
process.stdout.write(
  `${missed.join('\n')}\n${noticed} changes noticed, ${missed.length} not (${Math.round((noticed / (noticed + missed.length)) * 100)} %)\n`,
)

function* mutants(source: string): Generator<readonly [{ readonly number: number; readonly text: string }, string]> {
  const lines = source.split('\n')
  for (const [index, line] of lines.entries()) {
    if (/^\s*(?:import|\/\/|\/\*|\*|title:|why:|source:|remedy:|id:|export type|type )/.test(line)) continue
    for (const [pattern, replacement] of swaps) {
      for (const match of line.matchAll(pattern)) {
        if (insideText(line, match.index)) continue
        const changed =
          line.slice(0, match.index) + match[0].replace(new RegExp(pattern.source), replacement) + line.slice(match.index + match[0].length)
        if (changed.includes('[].concat')) continue
        yield [{ number: index + 1, text: changed.trim() }, lines.toSpliced(index, 1, changed).join('\n')]
      }
    }
  }
}

/** True when the place is between quotes, judged by the quotes before it on the line. */
function insideText(line: string, at: number): boolean {
  const before = line.slice(0, at)
  return (before.split("'").length - 1) % 2 === 1 || /`[^`$]*$/.test(before) || (before.includes('/') && /(?:^|[^/])\/[^/ ]*$/.test(before))
}

async function survives(id: string, mutant: string): Promise<boolean> {
  const path = join(folder, `.mutant-${process.pid}-${serial++}.ts`)
  writeFileSync(path, mutant)
  try {
    const loaded: Record<string, unknown> = await import(pathToFileURL(path).href)
    const rule = Object.values(loaded).find((value) => typeof value === 'object' && value !== null && 'check' in value) as Rule
    for (const one of allCases.filter((one) => one.id === id)) {
      if ((await outcome(rule, one)) !== 'as expected') return false
    }
    return true
  } catch {
    return false
  } finally {
    rmSync(path)
  }
}
