import * as z from 'zod'
import { CONFIG_CODES } from '../../packages/gateway/src/config/codes.ts'
import { configSchema } from '../../packages/gateway/src/config/schema.ts'

type Node = Readonly<Record<string, unknown>>

/** docs/reference/configuration.md: every key with its kind, its default and what it does. */
export function configurationPage(): string {
  const rows = keysOf(jsonSchema(), '', false)
  return `<!-- Made by scripts/generate-reference.ts from packages/gateway/src/config/schema.ts. -->

# cloakroom.yaml

YAML 1.2, at most 1 MiB. Relative paths begin in the folder of the file. \`cloakroom check\` names every problem with its line, its column and
the fix; nothing starts before they are mended. Editors that know JSON Schema complete and check the file with this line at its top:

\`\`\`yaml
# yaml-language-server: $schema=./cloakroom.schema.json
\`\`\`

The schema is [cloakroom.schema.json](cloakroom.schema.json). A program that embeds Cloakroom passes the same keys as an object.

Durations are \`500ms\`, \`30s\`, \`15m\`, \`12h\`, \`7d\`; sizes are \`512B\`, \`16KiB\`, \`10MiB\`, \`1GiB\`. A key that does not exist is refused: a slip of the
pen would otherwise leave a default in force. Secrets never stand in this file.

## Keys

| key | takes | default | meaning |
|---|---|---|---|
${rows.join('\n')}

## Problems

| code | meaning |
|---|---|
${Object.entries(CONFIG_CODES)
  .map(([code, meaning]) => `| \`${code}\` | ${meaning} |`)
  .join('\n')}
`
}

/** docs/reference/cloakroom.schema.json, for editors. */
export function configurationSchema(): string {
  return `${JSON.stringify({ title: 'cloakroom.yaml', ...jsonSchema() }, null, 2)}\n`
}

function jsonSchema(): Node {
  return z.toJSONSchema(configSchema, { io: 'input' })
}

/** A row for each key that has a description, depth first. */
export function keysOf(node: Node, prefix: string, optionalAbove: boolean): string[] {
  return describedKeys(node, prefix, optionalAbove).map(
    ({ key, kind, fallback, meaning }) => `| \`${key}\` | ${kind} | ${fallback} | ${meaning} |`,
  )
}

/** Of cloakroom.yaml, each as a table has it. */
export function configurationKeys(): readonly DescribedKey[] {
  return describedKeys(jsonSchema(), '', false)
}

export interface DescribedKey {
  readonly key: string
  readonly kind: string
  readonly fallback: string
  readonly meaning: string
}

function describedKeys(node: Node, prefix: string, optionalAbove: boolean): DescribedKey[] {
  const rows: DescribedKey[] = []
  for (const branch of branches(node)) {
    const required = Array.isArray(branch['required']) ? branch['required'].map(String) : []
    for (const [name, child] of Object.entries(asNode(branch['properties']))) {
      const key = prefix === '' ? name : `${prefix}.${name}`
      const inner = asNode(child)
      if (typeof inner['description'] === 'string') {
        const fallback = required.includes(name) && !optionalAbove ? 'needed' : shown(inner['default'])
        rows.push({ key, kind: cell(kindOf(inner)), fallback: cell(fallback), meaning: cell(inner['description']) })
      }
      rows.push(...describedKeys(inner, key, optionalAbove))
    }
    if (typeof branch['additionalProperties'] === 'object')
      rows.push(...describedKeys(asNode(branch['additionalProperties']), `${prefix}.NAME`, false))
  }
  return rows
}

function branches(node: Node): readonly Node[] {
  const inner = node['anyOf']
  return [node, ...(Array.isArray(inner) ? inner.flatMap((each) => branches(asNode(each))) : [])]
}

function kindOf(node: Node): string {
  const kinds = branches(node).flatMap((branch): string[] => {
    if (branch['anyOf'] !== undefined && branch['type'] === undefined) return []
    if (Array.isArray(branch['enum'])) return branch['enum'].map((value) => `\`${text(value)}\``)
    if (branch['const'] !== undefined) return [`\`${text(branch['const'])}\``]
    const types = Array.isArray(branch['type']) ? branch['type'].map(String) : [text(branch['type'] ?? '')]
    return types.flatMap((type) => (type === 'array' ? [`list of ${kindOf(asNode(branch['items']))}`] : (NAMES[type] ?? [])))
  })
  return [...new Set(kinds)].join(', ')
}

const NAMES: Readonly<Record<string, readonly string[]>> = {
  string: ['text'],
  integer: ['number'],
  number: ['number'],
  boolean: ['true or false'],
  object: ['map'],
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'object')
    return Object.keys(value).length === 0
      ? Array.isArray(value)
        ? '`[]`'
        : ''
      : `\`${JSON.stringify(value).replaceAll('"', '').replaceAll(':', ': ')}\``
  return `\`${text(value)}\``
}

function cell(content: unknown): string {
  return text(content).replaceAll('|', '\\|').replaceAll('\n', ' ')
}

function asNode(value: unknown): Node {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}
