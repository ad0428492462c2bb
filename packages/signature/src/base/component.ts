import { serializeItem, type Item } from 'structured-headers'
import { failed, fine, type Outcome } from '../outcome.ts'

/** A component identifier (RFC 9421 §2): a field name in lower case or a derived name with `@`, and its parameters. */
export interface Component {
  readonly name: string
  readonly parameters: ReadonlyMap<string, string | true>
  /** As it stands in the signature base: `"content-digest";req`. */
  readonly identifier: string
}

export type ComponentProblem = 'malformed' | 'unknown_component' | 'repeated_component'

const FIELD_NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/
const DERIVED: readonly string[] = [
  '@method',
  '@target-uri',
  '@authority',
  '@scheme',
  '@request-target',
  '@path',
  '@query',
  '@query-param',
  '@status',
]
// RFC 9421 §2.1 and §2.2.8; any other parameter could change what is meant, so it is an error (§2.5).
const FIELD_PARAMETERS: Readonly<Record<string, 'flag' | 'text'>> = { sf: 'flag', key: 'text', bs: 'flag', req: 'flag', tr: 'flag' }
const DERIVED_PARAMETERS: Readonly<Record<string, 'flag' | 'text'>> = { req: 'flag' }
const QUERY_PARAMETERS: Readonly<Record<string, 'flag' | 'text'>> = { req: 'flag', name: 'text' }

/** Names a component in code: `component('example', { key: 'a' })`. Throws on a name or parameter that RFC 9421 does not know. */
export function component(name: string, parameters: Readonly<Record<string, string | true>> = {}): Component {
  const outcome = readComponent([name, new Map(Object.entries(parameters))])
  if (!outcome.ok) throw new TypeError(`Not a component: ${outcome.detail}`)
  return outcome.value
}

/** Reads one member of a Signature-Input list. Unknown derived names and parameters are errors, never skipped (RFC 9421 §2.5). */
export function readComponent([name, parameters]: Item): Outcome<Component, ComponentProblem> {
  if (typeof name !== 'string') return failed('malformed', 'a component name that is not a string')
  const derived = name.startsWith('@')
  if (derived ? !DERIVED.includes(name) : !FIELD_NAME.test(name)) return failed('unknown_component', `component ${JSON.stringify(name)}`)
  const allowed = name === '@query-param' ? QUERY_PARAMETERS : derived ? DERIVED_PARAMETERS : FIELD_PARAMETERS
  const known = new Map<string, string | true>()
  for (const [key, value] of parameters) {
    const kind = Object.hasOwn(allowed, key) ? allowed[key] : undefined
    if (kind === 'flag' ? value !== true : kind !== 'text' || typeof value !== 'string') {
      return failed('unknown_component', `parameter ${key} on ${name}`)
    }
    known.set(key, value as string | true)
  }
  if (known.has('bs') && (known.has('sf') || known.has('key'))) return failed('unknown_component', `bs with sf or key on ${name}`)
  if (name === '@query-param' && !known.has('name')) return failed('unknown_component', '@query-param without a name')
  return fine({ name, parameters: known, identifier: serializeItem([name, new Map(known)]) })
}

/** Reads the whole list. The same component twice is an error whatever the order of its parameters (RFC 9421 §2, §7.5.3). */
export function readComponents(items: readonly Item[]): Outcome<readonly Component[], ComponentProblem> {
  const components: Component[] = []
  const seen = new Set<string>()
  for (const item of items) {
    const outcome = readComponent(item)
    if (!outcome.ok) return outcome
    const key = JSON.stringify([outcome.value.name, [...outcome.value.parameters].sort(([left], [right]) => (left < right ? -1 : 1))])
    if (seen.has(key)) return failed('repeated_component', outcome.value.identifier)
    seen.add(key)
    components.push(outcome.value)
  }
  return fine(components)
}
