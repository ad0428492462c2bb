import type { RequestHead } from '../decide/head.ts'
import type { ReadSignal, Subject } from '../decide/guard.ts'
import { type Enrichment, type FactSource, FACTS, type FactValue, SIGNAL_FACTS } from './facts.ts'
import { emptyType } from './empty-type.ts'
import { LIST_TYPES, type NamedList } from './lists.ts'

export interface Vocabulary {
  readonly lists: ReadonlyMap<string, NamedList>
  readonly signals: readonly string[]
  /** Null: the owner named no databases; the loader refuses conditions that need one. */
  readonly enrichment: Enrichment | null
}

export interface SceneType {
  readonly name: string
  readonly ctor: new () => object
  readonly fields: Readonly<Record<string, string>>
}

/** Objects as the library wants them, whose fields are looked up when they are read: a fact that nobody names costs nothing. */
export interface Scene {
  readonly types: readonly SceneType[]
  readonly variables: readonly string[]
  typeOf(variable: string): string
  /** The variables, seen from one subject. Good until the next call; evaluation does not wait in between. */
  enter(subject: Subject, read: ReadSignal): Record<string, unknown>
  head(): RequestHead | null
}

/** What a fact that cannot be known throws; CEL's `&&` and `||` take it for unknown: `false && unknown` is false. Made once: stacks are dear. */
const UNKNOWN = new Error('unknown')

export function createScene({ lists, signals, enrichment }: Vocabulary): Scene {
  let source: FactSource | null = null
  const current = (): FactSource => {
    if (source === null) throw UNKNOWN
    return source
  }
  const types: SceneType[] = []
  const values: Record<string, unknown> = {}

  function add(name: string, fields: readonly (readonly [name: string, type: string, get: () => unknown])[]): object {
    const ctor = emptyType()
    for (const [field, , get] of fields) Object.defineProperty(ctor.prototype, field, { get })
    types.push({ name, ctor, fields: Object.fromEntries(fields.map(([field, type]) => [field, type])) })
    return new ctor()
  }

  for (const [space, facts] of Object.entries(FACTS)) {
    values[space] = add(
      `Facts.${space}`,
      Object.entries(facts).map(([name, { type, value }]) => [name, celType(type), () => known(value(current()))] as const),
    )
  }
  const readings = signals.map((name) => {
    const reading = add(`Signal.${name}`, [
      ['over', SIGNAL_FACTS.over.type, () => current().read(name)?.over ?? false],
      ['count', SIGNAL_FACTS.count.type, () => current().read(name)?.count ?? 0],
    ])
    return [name, `Signal.${name}`, () => reading] as const
  })
  values['signal'] = add('Facts.signal', readings)
  values['lists'] = add(
    'Facts.lists',
    [...lists].map(([name, list]) => [name, LIST_TYPES[list.kind].name, () => list] as const),
  )
  return {
    types,
    variables: Object.keys(values),
    typeOf: (variable) => `Facts.${variable}`,
    enter(subject, read) {
      if (source?.subject !== subject || source.read !== read) source = { subject, read, enrichment }
      return values
    },
    head: () => source?.subject.head ?? null,
  }
}

function known(value: FactValue | undefined): FactValue {
  if (value === undefined) throw UNKNOWN
  return value
}

function celType(type: string): string {
  return type === 'duration' ? 'google.protobuf.Duration' : type
}
