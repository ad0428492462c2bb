import type { ASTNode, Environment } from '@marcbachmann/cel-js'
import type { Condition, Held, ReadSignal, Scope, Subject, TraceStep } from '../decide/guard.ts'
import { FACTS } from './facts.ts'
import { environmentOf } from './environment.ts'
import { createScene, type Scene, type Vocabulary } from './scene.ts'
import { nearest } from '../lib/nearest.ts'
import { scopeOf } from './scope.ts'
import { showValue } from './show-value.ts'

/** A place in a condition that is wrong, as offsets into its text. */
export interface ExpressionProblem {
  readonly text: string
  readonly fix: string
  readonly start: number
  readonly end: number
}

export type Compiled<T> =
  | { readonly kind: 'compiled'; readonly value: T }
  | { readonly kind: 'problem'; readonly problem: ExpressionProblem }

/** With where it could hold at all. */
export interface ScopedCondition extends Condition {
  readonly scope: Scope
  readonly named: readonly NamedRoute[]
}

/** A route or an API that a condition names, with its place: the language does not know which there are. */
export interface NamedRoute {
  readonly fact: 'route.id' | 'route.api'
  readonly value: string
  readonly start: number
  readonly end: number
}

export interface Language {
  condition(text: string): Compiled<ScopedCondition>
  /** What a signal sums or counts once: a text or a number. */
  value(text: string): Compiled<{ readonly reads: readonly string[]; of(subject: Subject): string | number | null }>
}

/** Longer conditions are several. */
const LONGEST = 2048

/** The language of guard.yaml's conditions: CEL over the facts, types checked here, nothing that takes more than linear time. */
export function createLanguage(vocabulary: Vocabulary): Language {
  const names: Names = {
    ...Object.fromEntries(Object.entries(FACTS).map(([space, facts]) => [space, Object.keys(facts)])),
    signal: vocabulary.signals,
    lists: [...vocabulary.lists.keys()],
  }
  const scene = createScene(vocabulary)
  const environment = environmentOf(scene)

  function parse(text: string, wanted: readonly string[]): Compiled<Parsed> {
    if (text.length > LONGEST)
      return refused(`A condition has at most ${LONGEST} characters.`, 'Split it into several rules.', 0, text.length)
    let parsed: Parsed
    try {
      parsed = environment.parse(text)
    } catch (cause) {
      return explain(cause, text, names)
    }
    const forbidden = findCall(parsed.ast, 'matches')
    if (forbidden !== null)
      return refused(
        '`matches` can take exponential time on a text that a visitor chooses.',
        'Write `regex(TEXT, "PATTERN")`: RE2 syntax, linear time.',
        forbidden.start,
        forbidden.end,
      )
    const checked = parsed.check()
    if (!checked.valid) return explain(checked.error, text, names)
    if (!wanted.includes(checked.type ?? ''))
      return refused(
        `This is a ${checked.type ?? 'value'}, where a ${wanted.join(' or ')} is needed.`,
        wanted[0] === 'bool' ? 'Compare it with something, as in `ip.country == "CH"`.' : 'Name a text or a number.',
        0,
        text.length,
      )
    return { kind: 'compiled', value: parsed }
  }

  return {
    condition(text) {
      const parsed = parse(text, ['bool'])
      if (parsed.kind === 'problem') return parsed
      const holds = compileLogic(parsed.value.ast, environment, scene)
      const steps = stepsOf(parsed.value.ast, environment)
      return {
        kind: 'compiled',
        value: {
          text,
          scope: scopeOf(parsed.value.ast),
          named: namedIn(parsed.value.ast),
          reads: readsOf(parsed.value.ast),
          holds: (subject, read) => holds(subject, read),
          trace: (subject, read) => steps.map((step) => step(scene, subject, read)),
        },
      }
    },
    value(text) {
      const parsed = parse(text, ['string', 'int', 'double'])
      if (parsed.kind === 'problem') return parsed
      const run = parsed.value
      return {
        kind: 'compiled',
        value: {
          reads: readsOf(run.ast),
          of(subject) {
            try {
              const value: unknown = run(scene.enter(subject, NO_SIGNALS))
              return typeof value === 'bigint' ? Number(value) : typeof value === 'string' || typeof value === 'number' ? value : null
            } catch {
              return null
            }
          },
        },
      }
    },
  }
}

type Parsed = ReturnType<Environment['parse']>
type Holds = (subject: Subject, read: ReadSignal) => Held

const NO_SIGNALS: ReadSignal = () => null

/** `&&`, `||`, `!` and `signal.NAME.over` are done here, the rest by the library: most rules are over after the first look. */
function compileLogic(ast: ASTNode, environment: Environment, scene: Scene): Holds {
  if (ast.op === '&&' || ast.op === '||') {
    const stop = ast.op === '||'
    const [left, right] = [compileLogic(ast.args[0], environment, scene), compileLogic(ast.args[1], environment, scene)]
    return (subject, read) => {
      const one = left(subject, read)
      if (one === stop) return stop
      const other = right(subject, read)
      if (other === stop) return stop
      return one === 'unknown' || other === 'unknown' ? 'unknown' : !stop
    }
  }
  if (ast.op === '!_') {
    const inner = compileLogic(ast.args, environment, scene)
    return (subject, read) => {
      const held = inner(subject, read)
      return held === 'unknown' ? held : !held
    }
  }
  const path = pathOf(ast)
  if (path?.length === 3 && path[0] === 'signal' && path[2] === 'over') {
    const [, name = ''] = path
    return (_, read) => read(name)?.over ?? false
  }
  const run = environment.parse(ast.input.slice(ast.start, ast.end))
  run.check()
  return (subject, read) => {
    try {
      const value: unknown = run(scene.enter(subject, read))
      return typeof value === 'boolean' ? value : 'unknown'
    } catch {
      // An unknown fact, or arithmetic without a result, such as a division by zero.
      return 'unknown'
    }
  }
}

/** Every fact and call that the condition rests on, to be read once more when it held. */
function stepsOf(ast: ASTNode, environment: Environment): readonly ((scene: Scene, subject: Subject, read: ReadSignal) => TraceStep)[] {
  const texts = new Set<string>()
  walk(ast, (node) => {
    const isFact = (pathOf(node)?.length ?? 0) >= 2 && !isList(node)
    const isCall = node.op === 'call' && ['header', 'query'].includes(node.args[0])
    if (!isFact && !isCall) return true
    texts.add(node.input.slice(node.start, node.end))
    return false
  })
  return [...texts].map((text) => {
    const run = environment.parse(text)
    run.check()
    return (scene, subject, read) => {
      try {
        return { text, value: showValue(run(scene.enter(subject, read))) }
      } catch {
        return { text, value: 'unknown' }
      }
    }
  })
}

function isList(node: ASTNode): boolean {
  return pathOf(node)?.[0] === 'lists'
}

/** `session.age`, `signal.probe`, `header`: what the index, the loader and the linter need to know. */
function readsOf(ast: ASTNode): readonly string[] {
  const reads = new Set<string>()
  walk(ast, (node) => {
    const path = pathOf(node)
    if (path === null || path.length < 2) {
      if (node.op === 'call') reads.add(`${node.args[0]}()`)
      return true
    }
    reads.add(path.slice(0, 2).join('.'))
    return false
  })
  return [...reads]
}

/** `route.id == "login"`, `"shop" != route.api`, `route.api in ["shop", "mail"]`. */
function namedIn(ast: ASTNode): readonly NamedRoute[] {
  const found: NamedRoute[] = []
  walk(ast, (node) => {
    if (node.op !== '==' && node.op !== '!=' && node.op !== 'in') return true
    const sides: readonly ASTNode[] = node.args
    const fact = sides.map((side) => pathOf(side)?.join('.')).find((path) => path === 'route.id' || path === 'route.api')
    if (fact === undefined) return true
    for (const text of sides.flatMap((side) => (side.op === 'list' ? side.args : [side])))
      if (text.op === 'value' && typeof text.args === 'string') found.push({ fact, value: text.args, start: text.start, end: text.end })
    return true
  })
  return found
}

/** `signal.probe.over` → its three names; null for anything else. */
function pathOf(ast: ASTNode): readonly string[] | null {
  if (ast.op === 'id') return [ast.args]
  if (ast.op !== '.') return null
  const left = pathOf(ast.args[0])
  return left === null ? null : [...left, ast.args[1]]
}

function findCall(ast: ASTNode, name: string): ASTNode | null {
  let found: ASTNode | null = null
  walk(ast, (node) => {
    if ((node.op === 'rcall' || node.op === 'call') && node.args[0] === name) found = node
    return true
  })
  return found
}

/** Every node, parents first; below one for which `enter` says false nothing. */
function walk(node: unknown, enter: (node: ASTNode) => boolean): void {
  if (Array.isArray(node)) {
    for (const each of node) walk(each, enter)
  } else if (isNode(node) && enter(node)) walk(node.args, enter)
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value
}

function refused(text: string, fix: string, start: number, end: number): { readonly kind: 'problem'; readonly problem: ExpressionProblem } {
  return { kind: 'problem', problem: { text, fix, start, end } }
}

/** The library's errors carry a summary and a range of the text. */
type Names = Readonly<Record<string, readonly string[]>>

function explain(cause: unknown, text: string, names: Names): { readonly kind: 'problem'; readonly problem: ExpressionProblem } {
  const { summary, range } = isExpressionError(cause) ? cause : { summary: 'This cannot be read', range: undefined }
  const start = Math.min(range?.start ?? 0, text.length)
  const name = text.slice(start, range?.end ?? start)
  const said = summary.endsWith('.') ? summary : `${summary}.`
  const space = /([a-z_]+)\.$/.exec(text.slice(0, start))?.[1]
  const known = space === undefined ? Object.keys(names) : names[space]
  const prefix = space === undefined ? '' : `${space}.`
  const hint = known === undefined ? null : nearest(name, known)
  const there = `There ${known?.length === 1 ? 'is' : 'are'} ${known?.map((each) => prefix + each).join(', ') ?? ''}.`
  const isName = isExpressionError(cause) && /No such key|Unknown variable/.test(cause.summary)
  const fix =
    !isName || known === undefined
      ? 'docs/reference/guard.md lists every fact and function; texts stand in quotes.'
      : known.length === 0
        ? `guard.yaml has no ${space === 'signal' ? 'signals' : 'lists'} yet: add one under \`${space === 'signal' ? 'signals' : 'lists'}\`.`
        : hint === null
          ? there
          : `Did you mean \`${prefix}${hint}\`? ${there}`
  return refused(said, fix, start, Math.max(start + 1, range?.end ?? start + 1))
}

function isExpressionError(
  cause: unknown,
): cause is { readonly summary: string; readonly range?: { readonly start: number; readonly end: number } } {
  return cause instanceof Error && 'summary' in cause && typeof cause.summary === 'string'
}
