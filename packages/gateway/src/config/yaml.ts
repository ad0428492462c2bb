import { isAlias, isMap, isNode, isSeq, LineCounter, type Document, type Node, type Pair, parseDocument } from 'yaml'
import type { ConfigProblem, KeyPath, Locate } from './problem.ts'

export type YamlText =
  | { readonly kind: 'value'; readonly value: unknown; readonly locate: Locate }
  | { readonly kind: 'problems'; readonly problems: readonly ConfigProblem[] }

/** Reads one YAML 1.2 document and remembers where each key stands. Never runs tags, bounds aliases. */
export function readYaml(text: string): YamlText {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true, merge: false, logLevel: 'error' })
  const faults = [...document.errors, ...document.warnings]
  if (faults.length > 0) {
    return {
      kind: 'problems',
      problems: faults.map(({ code, message, pos }) => ({
        ...explain(code, message),
        ...place(lines, pos[0]),
        severity: 'error',
        key: '',
      })),
    }
  }
  try {
    // 50 aliases are plenty by hand; a thousand that nest are the "billion laughs" bomb.
    const value: unknown = document.toJS({ maxAliasCount: 50 })
    return { kind: 'value', value, locate: (path, part) => locate(document, lines, path, part) }
  } catch {
    const fix = 'Write the repeated parts out, or use fewer aliases (*name).'
    return {
      kind: 'problems',
      problems: [
        {
          code: 'alias_excess',
          severity: 'error',
          key: '',
          line: 1,
          column: 1,
          text: 'The aliases in this file multiply beyond measure.',
          fix,
        },
      ],
    }
  }
}

function explain(code: string, message: string): Pick<ConfigProblem, 'code' | 'text' | 'fix'> {
  if (code === 'DUPLICATE_KEY') {
    return {
      code: 'duplicate_key',
      text: 'This key stands twice in the same map.',
      fix: 'Delete one of the two; nothing says which one would count.',
    }
  }
  if (code === 'TAB_AS_INDENT')
    return { code: 'yaml_syntax', text: 'A tab indents this line.', fix: 'YAML indents with spaces only: replace it.' }
  if (code === 'TAG_RESOLVE_FAILED')
    return {
      code: 'yaml_syntax',
      text: 'A tag (!…) stands here.',
      fix: 'Write plain values; tags are not used in this file. A text that begins with ! belongs in quotes.',
    }
  if (code === 'MULTIPLE_DOCS')
    return { code: 'yaml_syntax', text: 'A second document begins here.', fix: 'Keep everything in one: delete the line ---.' }
  if (code === 'BAD_ALIAS')
    return {
      code: 'yaml_syntax',
      text: 'An alias (*…) stands here without its anchor (&…).',
      fix: 'A text that begins with * belongs in quotes.',
    }
  // The parser's words quote no values but this one; a value might be a secret.
  const said = message.split(/[:\n"]/)[0]?.trim() ?? ''
  return {
    code: 'yaml_syntax',
    text: `This is not YAML: ${said}.`,
    fix: 'Check the indentation, the colon with a space after it, and the quotes around special characters.',
  }
}

interface Place {
  readonly line: number
  readonly column: number
}

function place(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(1, line), column: Math.max(1, col) }
}

/** Walks down as far as the path exists: a missing key is shown at its parent. */
function locate(
  document: Document.Parsed,
  lines: LineCounter,
  path: KeyPath,
  part: 'key' | 'value',
): { readonly line: number; readonly column: number } | null {
  let node: Node | null = document.contents
  let found: Node | null = null
  for (const [at, step] of path.entries()) {
    const inner: Node | null = isAlias(node) ? (node.resolve(document) ?? null) : node
    if (isMap(inner)) {
      const pair: Pair | undefined = inner.items.find(({ key }) => isNode(key) && keyText(key) === String(step))
      if (pair === undefined) break
      node = isNode(pair.value) ? pair.value : null
      found = at < path.length - 1 || part === 'key' || node === null ? asNode(pair.key) : node
    } else if (isSeq(inner)) {
      const item: unknown = inner.items[Number(step)]
      if (!isNode(item)) break
      node = item
      found = item
    } else {
      if (part === 'value') found = node
      break
    }
  }
  return place(lines, found?.range?.[0] ?? document.contents?.range?.[0] ?? 0)
}

function asNode(value: unknown): Node | null {
  return isNode(value) ? value : null
}

function keyText(key: Node): string {
  return 'value' in key ? String(key.value) : ''
}
