import type { ConfigCode } from '../config/codes.ts'
import { type ConfigProblem, formatKey, type KeyPath, type Locate } from '../config/problem.ts'
import type { ExpressionProblem } from './expression.ts'

/** Collects what is wrong with one guard.yaml, each with its line and a mark under it. */
export interface GuardReport {
  readonly problems: readonly ConfigProblem[]
  add(problem: ConfigProblem): void
  /** What is wrong with another file that this one names. */
  take(other: GuardReport): void
  at(path: KeyPath, code: ConfigCode, text: string, fix: string): void
  /** A part of a condition that stands at this path. */
  inside(path: KeyPath, condition: string, problem: ExpressionProblem): void
}

export function createReport(file: string, source: string, locate: Locate): GuardReport {
  const lines = source.split(/\r?\n/)
  const problems: ConfigProblem[] = []

  function push(
    path: KeyPath,
    code: ConfigCode,
    text: string,
    fix: string,
    line: number | null,
    column: number | null,
    width: number,
  ): void {
    problems.push({
      code,
      severity: 'error',
      key: formatKey(path),
      line,
      column,
      text,
      fix,
      file,
      ...excerptOf(lines, line, column, width),
    })
  }

  return {
    problems,
    add: (problem) => void problems.push({ ...problem, file, ...excerptOf(lines, problem.line, problem.column, 1) }),
    take: (other) => void problems.push(...other.problems),
    at(path, code, text, fix) {
      const spot = locate(path, 'value')
      push(path, code, text, fix, spot?.line ?? null, spot?.column ?? null, 1)
    },
    inside(path, condition, { text, fix, start, end }) {
      const spot = locate(path, 'value')
      const found = spot === null ? null : placeInside(lines, spot.line, spot.column, condition, start)
      push(
        path,
        'guard_condition',
        text,
        fix,
        found?.line ?? spot?.line ?? null,
        found?.column ?? spot?.column ?? null,
        Math.max(1, end - start),
      )
    },
  }
}

/** Where an offset of a value stands in the file: YAML may have quoted it, or set it over several lines. */
function placeInside(
  lines: readonly string[],
  line: number,
  column: number,
  value: string,
  offset: number,
): { readonly line: number; readonly column: number } | null {
  const first = lines[line - 1] ?? ''
  for (const skip of [0, 1]) {
    if (first.startsWith(value, column - 1 + skip)) return { line, column: column + skip + offset }
  }
  // A block: find the line of the file that holds the line of the value.
  const before = value.slice(0, offset).split('\n')
  const own = value.split('\n')[before.length - 1]?.trim() ?? ''
  const inLine = before.at(-1)?.trimStart().length ?? 0
  const at = lines.findIndex((text, place) => place >= line - 1 && own !== '' && text.trim() === own)
  if (at < 0) return null
  return { line: at + 1, column: (lines[at]?.search(/\S/) ?? 0) + 1 + inLine }
}

const LONGEST_LINE = 160

function excerptOf(lines: readonly string[], line: number | null, column: number | null, width: number): { readonly excerpt?: string } {
  const text = line === null ? undefined : lines[line - 1]
  if (text === undefined || column === null || text.length > LONGEST_LINE) return {}
  const number = String(line).padStart(5)
  const mark = '^'.repeat(Math.max(1, Math.min(width, text.length - column + 1)))
  return { excerpt: `${number} | ${text}\n${' '.repeat(number.length)} | ${' '.repeat(column - 1)}${mark}` }
}
