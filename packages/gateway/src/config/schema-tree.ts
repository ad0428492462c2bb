import * as z from 'zod'
import type { KeyPath } from './problem.ts'
import { configSchema } from './schema.ts'

type JsonNode = Readonly<Record<string, unknown>>

/** The keys that may stand below this path. */
export function knownKeys(path: KeyPath, schema: z.ZodType = configSchema): readonly string[] {
  return [...new Set(nodesAt(path, schema).flatMap((node) => Object.keys(asNode(node['properties']) ?? {})))]
}

/** What the schema says of the key at this path. */
export function described(path: KeyPath, schema: z.ZodType = configSchema): string {
  const text = nodesAt(path, schema)
    .map((node) => node['description'])
    .find((value) => typeof value === 'string')
  return text ?? (schema === configSchema ? 'See docs/reference/configuration.md.' : 'See docs/reference/guard.md.')
}

/** The values that a choice takes, in a sentence. */
export function choices(path: KeyPath, schema: z.ZodType = configSchema): string {
  const values = nodesAt(path, schema).flatMap((node) =>
    Array.isArray(node['enum']) ? node['enum'].map(String) : Object.keys(asNode(node['properties']) ?? {}).map((key) => `{ ${key}: … }`),
  )
  return values.length === 0 ? described(path, schema) : `Write one of: ${[...new Set(values)].join(', ')}.`
}

const trees = new Map<z.ZodType, JsonNode>()

/** The schema's node for a path, all branches of a choice; the JSON Schema is made once, when something is wrong. */
function nodesAt(path: KeyPath, schema: z.ZodType): readonly JsonNode[] {
  let tree = trees.get(schema)
  if (tree === undefined) trees.set(schema, (tree = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonNode))
  let nodes = branches(tree)
  for (const step of path) {
    nodes = nodes.flatMap((node) => {
      const properties = asNode(node['properties'])
      const next = typeof step === 'number' ? node['items'] : (properties?.[step] ?? node['additionalProperties'])
      const child = asNode(next)
      return child === null ? [] : branches(child)
    })
  }
  return nodes
}

function branches(node: JsonNode): readonly JsonNode[] {
  const inner = node['anyOf']
  return Array.isArray(inner) ? [node, ...inner.flatMap((branch) => branches(asNode(branch) ?? {}))] : [node]
}

function asNode(value: unknown): JsonNode | null {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : null
}
