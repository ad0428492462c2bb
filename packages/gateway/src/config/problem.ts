import type { ConfigCode } from './codes.ts'

/** Something in cloakroom.yaml that is wrong (`error`: nothing starts) or daring (`warning`: it is said at every start). */
export interface ConfigProblem {
  readonly code: ConfigCode
  readonly severity: 'error' | 'warning'
  /** `apis.shop.upstream`; empty for the file as a whole. */
  readonly key: string
  /** 1-based; null when there is no text, as with a configuration that a program passed in. */
  readonly line: number | null
  readonly column: number | null
  /** One sentence: what is wrong. Never quotes a value that might be a secret. */
  readonly text: string
  /** One sentence: what to do. */
  readonly fix: string
  /** Another file that the configuration names, when the problem stands there. */
  readonly file?: string
  /** The line in question with a mark under the part that is meant. */
  readonly excerpt?: string
}

export type KeyPath = readonly (string | number)[]

/** Where in the text does this key stand (or its value)? The nearest parent that exists, for a key that is missing. */
export type Locate = (path: KeyPath, part: 'key' | 'value') => { readonly line: number; readonly column: number } | null

/** `apis.shop.allow[2]`. */
export function formatKey(path: KeyPath): string {
  return path.map((part, at) => (typeof part === 'number' ? `[${part}]` : at === 0 ? part : `.${part}`)).join('')
}

/** One problem as the terminal shows it: `cloakroom.yaml:7:5: …` and the fix on the next line. */
export function formatProblem(problem: ConfigProblem, file: string): string {
  const own = problem.file ?? file
  const place = problem.line === null ? own : `${own}:${problem.line}:${problem.column ?? 1}`
  const mark = problem.severity === 'warning' ? 'warning: ' : ''
  return `${place}: ${mark}${problem.text} [${problem.code}]\n${problem.excerpt === undefined ? '' : `${problem.excerpt}\n`}    ${problem.fix}`
}

/** In the order of the text; problems without a place come first. */
export function sortProblems(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  return problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
}
