import { isNode, type Node, resolve } from './references.ts'
import { below } from './stream.ts'
import { type Making, vary } from './vary.ts'

export interface Imagining {
  readonly root: Node
  readonly making: Making
  /** Names in the path that was asked for, with what stands there: who asks for a thing gets that thing. */
  readonly named: ReadonlyMap<string, string>
}

/** Schemas may name themselves, and lists may hold lists. */
const DEEPEST = 8
const MOST_VALUES = 2_000

/** A value that a JSON Schema allows, with plausible contents. */
export function imagine(schema: unknown, imagining: Imagining): unknown {
  const budget = { left: MOST_VALUES }
  return make(schema, '', 0, { ...imagining, budget })
}

interface Run extends Imagining {
  readonly budget: { left: number }
}

function make(written: unknown, key: string, depth: number, run: Run): unknown {
  const schema = merged(resolve(written, run.root), run.root)
  run.budget.left -= 1
  if (schema === null || run.budget.left <= 0) return null
  if ('const' in schema) return schema['const']
  const example = schema['example'] ?? (Array.isArray(schema['examples']) ? (schema['examples'] as readonly unknown[])[0] : undefined)
  const given = key === '' ? undefined : asked(key, schema, run)
  if (given !== undefined) return given
  const values = schema['enum']
  if (Array.isArray(values) && values.length > 0) return (values as readonly unknown[])[below(values.length, run.making.next)]
  if (example !== undefined) return vary(example, run.making)
  const choice = [schema['oneOf'], schema['anyOf']].flatMap((each) => (Array.isArray(each) ? (each as readonly unknown[]) : []))[0]
  if (choice !== undefined) return make(choice, key, depth, run)
  switch (typeOf(schema)) {
    case 'object':
      return object(schema, depth, run)
    case 'array':
      return list(schema, key, depth, run)
    case 'string':
      return text(schema, key, run)
    case 'integer':
    case 'number':
      return number(schema, key, run)
    case 'boolean':
      return below(2, run.making.next) === 0
    default:
      return null
  }
}

function typeOf({ type, properties, items }: Node): unknown {
  const named: unknown = Array.isArray(type) ? (type as readonly unknown[]).find((each) => each !== 'null') : type
  return named ?? (isNode(properties) ? 'object' : isNode(items) ? 'array' : 'string')
}

/** `allOf` is one schema with the properties of all. */
function merged(schema: unknown, root: Node): Node | null {
  if (!isNode(schema)) return schema === true ? {} : null
  const all = schema['allOf']
  if (!Array.isArray(all)) return schema
  const parts = [...(all as readonly unknown[]).map((part) => merged(resolve(part, root), root)), { ...schema, allOf: undefined }]
  return parts.reduce<Node>((sum, part) => {
    if (part === null) return sum
    const properties = { ...propertiesOf(sum), ...propertiesOf(part) }
    return { ...sum, ...part, ...(Object.keys(properties).length === 0 ? {} : { properties }) }
  }, {})
}

function propertiesOf({ properties }: Node): Node {
  return isNode(properties) ? properties : {}
}

function object(schema: Node, depth: number, run: Run): unknown {
  if (depth >= DEEPEST) return {}
  return Object.fromEntries(Object.entries(propertiesOf(schema)).map(([name, inner]) => [name, make(inner, name, depth + 1, run)]))
}

function list({ items, minItems, maxItems }: Node, key: string, depth: number, run: Run): unknown {
  if (depth >= DEEPEST) return []
  const [least, most] = [countOf(minItems) ?? 0, countOf(maxItems) ?? Infinity]
  const count = Math.max(least, Math.min(most, depth < 2 ? 6 + below(7, run.making.next) : 1 + below(2, run.making.next)))
  // Of many things none is the one that was asked for.
  const inner = { ...run, named: NOBODY }
  return Array.from({ length: Math.min(count, 50) }, () => make(items, key.replace(/s$/, ''), depth + 1, inner))
}

const NOBODY: ReadonlyMap<string, string> = new Map()

function countOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : null
}

/** `GET /products/{id}` answers with that id. */
function asked(key: string, schema: Node, { named }: Run): unknown {
  const given = named.get(key) ?? (key === 'id' && named.size === 1 ? [...named.values()][0] : undefined)
  if (given === undefined) return undefined
  const type = typeOf(schema)
  if (type === 'string') return given
  return (type === 'integer' || type === 'number') && /^\d{1,15}$/.test(given) ? Number(given) : undefined
}

const WORDS = [
  'amber',
  'basic',
  'cedar',
  'delta',
  'early',
  'field',
  'grand',
  'harbour',
  'inner',
  'juniper',
  'linen',
  'maple',
  'north',
  'olive',
  'plain',
  'river',
  'stone',
  'upper',
]
const UUID = '7d1f3a52-90c4-4b1e-8a67-0f2f6f1f9c11'
const OPAQUE = 'k3v9x0q2m7c5n8b1z4'
/** Dates lie in the two years before it. */
const NEWEST = Date.UTC(2026, 0, 1)

function text({ format, minLength, maxLength, pattern }: Node, key: string, { making }: Run): string {
  const { next, canary } = making
  const most = countOf(maxLength) ?? 10_000
  if (format === 'uuid') return canary(UUID) ?? UUID
  if (format === 'email' || /mail/i.test(key)) return `${canary('z'.repeat(16)) ?? word(next)}@example.com`
  if (format === 'date-time' || format === 'date') {
    const iso = new Date(NEWEST - below(730 * 86_400, next) * 1000).toISOString()
    return format === 'date' ? iso.slice(0, 10) : iso
  }
  if (format === 'uri' || format === 'url') return `https://example.com/${canary(OPAQUE) ?? word(next)}`
  if (/^id$|Id$|_id$|uuid|token|key|secret|sku|code|hash|reference/i.test(key)) {
    const id = canary(OPAQUE) ?? OPAQUE
    // What must look as a pattern says is not guessed at.
    if (id.length <= most && pattern === undefined) return id
  }
  let made = word(next)
  if (/name|title|label|subject/i.test(key)) made = `${capital(made)} ${word(next)}`
  else if (/descr|text|comment|note|body|summary/i.test(key))
    made = `${capital(made)} ${Array.from({ length: 8 }, () => word(next)).join(' ')}.`
  while (made.length < (countOf(minLength) ?? 0) && made.length < 1_000) made += ` ${word(next)}`
  return made.slice(0, most)
}

function word(next: Making['next']): string {
  return WORDS[below(WORDS.length, next)] ?? ''
}

function capital(made: string): string {
  return made.charAt(0).toUpperCase() + made.slice(1)
}

function number(schema: Node, key: string, { making: { next } }: Run): number {
  const whole = typeOf(schema) === 'integer'
  const bound = (name: string): number | null => (typeof schema[name] === 'number' ? schema[name] : null)
  const least = bound('minimum') ?? bound('exclusiveMinimum') ?? (/id$/i.test(key) ? 10_000 : 1)
  const most = bound('maximum') ?? bound('exclusiveMaximum') ?? Math.max(least * 2, /id$/i.test(key) ? 99_999 : 500)
  const span = Math.max(0, most - least)
  if (!whole) return Number((least + (span * (1 + below(98, next))) / 100).toFixed(2))
  const inside = least + below(Math.max(1, span), next)
  return bound('exclusiveMinimum') === inside && inside + 1 < most ? inside + 1 : inside
}
