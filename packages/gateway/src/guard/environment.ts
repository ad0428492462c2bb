import { type ASTNode, Environment } from '@marcbachmann/cel-js'
import { RE2JS } from 're2js'
import { cidrList, globList, LIST_TYPES, type NamedList } from './lists.ts'
import type { Scene } from './scene.ts'

/** Longer patterns are several: RE2 takes linear time, with a factor that grows with the pattern. */
const LONGEST_PATTERN = 256
const LONGEST_INPUT = 4096

/** What a condition can call, for the reference page. */
export const FUNCTIONS: readonly { readonly name: string; readonly about: string }[] = [
  { name: 'header("NAME")', about: 'A request field; empty when it was not sent.' },
  { name: 'query("NAME")', about: 'The first query parameter of that name, decoded; empty when there is none.' },
  {
    name: 'regex(TEXT, "PATTERN")',
    about:
      'Does the pattern occur in the text? RE2 syntax, at most 256 characters, linear time; of the text the first 4096 characters count.',
  },
  { name: 'TEXT in glob("PATTERN")', about: '`*` stands for any characters of one segment, `**` for any segments.' },
  { name: 'ip.addr in cidr("RANGE")', about: 'Is the address in the range? IPv4, IPv6, mapped forms equal.' },
  { name: 'TEXT.startsWith("…"), .endsWith("…"), .contains("…"), .lowerAscii(), size(TEXT)', about: 'As in CEL.' },
  { name: 'duration("5m")', about: 'For comparing ages.' },
  { name: 'VALUE in lists.NAME', about: 'Is it on the list?' },
]

/** The library's environment: the facts with their types, our functions, our lists. Expensive: one for each guard.yaml. */
export function environmentOf(scene: Scene): Environment {
  const environment = new Environment({ unlistedVariablesAreDyn: false, limits: { maxAstNodes: 500, maxDepth: 40 } })
  for (const [kind, { name, ctor, of }] of Object.entries(LIST_TYPES)) {
    void kind
    environment.registerType(name, { ctor, fields: {} })
    environment.registerOperator(`${of} in ${name}: bool`, (value: string | bigint, list: NamedList) => list.holds(value))
  }
  for (const { name, ctor, fields } of scene.types) environment.registerType(name, { ctor, fields })
  for (const name of scene.variables) environment.registerVariable(name, scene.typeOf(name))
  withLiteral(environment, 'header(ast): string', 0, (name) => {
    const wanted = name.toLowerCase()
    return () => scene.head()?.headers.get(wanted)?.slice(0, LONGEST_INPUT) ?? ''
  })
  withLiteral(
    environment,
    'query(ast): string',
    0,
    (name) => () => new URLSearchParams(scene.head()?.query ?? '').get(name)?.slice(0, LONGEST_INPUT) ?? '',
  )
  withLiteral(environment, `glob(ast): ${LIST_TYPES.glob.name}`, 0, (pattern) => {
    const list = globList([pattern])
    if (list.kind === 'problem') throw new Error(list.text)
    return () => list.value
  })
  withLiteral(environment, `cidr(ast): ${LIST_TYPES.cidr.name}`, 0, (range) => {
    const list = cidrList([range])
    if (list.kind === 'problem') throw new Error(list.text)
    return () => list.value
  })
  withLiteral(environment, 'regex(ast, ast): bool', 1, (pattern) => {
    if (pattern.length > LONGEST_PATTERN) throw new Error(`a pattern has at most ${LONGEST_PATTERN} characters`)
    let compiled: RE2JS
    try {
      compiled = RE2JS.compile(pattern)
    } catch (cause) {
      throw new Error(
        `this is no RE2 pattern (look-around and back-references are not in it): ${cause instanceof Error ? cause.message : ''}`,
        { cause },
      )
    }
    return (text) => compiled.matcher(text.slice(0, LONGEST_INPUT)).find()
  })
  return environment
}

interface Checker {
  check(node: ASTNode, context: unknown): { readonly name: string }
  getType(name: string): unknown
  createError(code: string, message: string, node: ASTNode): Error
}

interface Evaluator {
  run(node: ASTNode, context: unknown): unknown
}

/** A function one of whose arguments is written out, and compiled when the file is loaded. Others are texts. */
function withLiteral(
  environment: Environment,
  signature: string,
  place: number,
  compile: (literal: string) => (text: string) => unknown,
): void {
  const result = signature.slice(signature.indexOf(':') + 1).trim()
  environment.registerFunction(signature, ({ args }: { readonly args: readonly ASTNode[] }) => {
    const literal = args[place]
    const others = args.filter((_, at) => at !== place)
    let ready: ((text: string) => unknown) | null = null
    return {
      typeCheck(checker: Checker, _macro: unknown, context: unknown) {
        if (literal?.op !== 'value' || typeof literal.args !== 'string')
          throw checker.createError('literal_needed', 'Here a text must be written out, in quotes', literal ?? (args[0] as ASTNode))
        for (const other of others)
          if (checker.check(other, context).name !== 'string') throw checker.createError('text_needed', 'This must be a text', other)
        try {
          ready ??= compile(literal.args)
        } catch (cause) {
          throw checker.createError('bad_literal', cause instanceof Error ? cause.message : String(cause), literal)
        }
        return checker.getType(result)
      },
      evaluate(evaluator: Evaluator, _macro: unknown, context: unknown) {
        const [other] = others
        return ready?.(other === undefined ? '' : String(evaluator.run(other, context)))
      },
    }
  })
}
