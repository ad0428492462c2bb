/** A map of a JSON document. */
export type Node = Readonly<Record<string, unknown>>

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const MOST_HOPS = 20

/** What a `$ref` into this very document stands for (RFC 6901); any other value is itself. Undefined: it leads nowhere. */
export function resolve(value: unknown, root: Node): unknown {
  let found = value
  for (let hops = 0; isNode(found) && typeof found['$ref'] === 'string'; hops += 1) {
    if (hops > MOST_HOPS) return undefined
    found = at(found['$ref'], root)
  }
  return found
}

function at(reference: string, root: Node): unknown {
  if (!reference.startsWith('#/')) return undefined
  let found: unknown = root
  for (const step of reference.slice(2).split('/')) {
    const key = decode(step).replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined
    found = Reflect.get(found, key)
  }
  return found
}

function decode(step: string): string {
  try {
    return decodeURIComponent(step)
  } catch {
    return step
  }
}

/** Every reference below this value, followed: the first that leads nowhere. */
export function pointed(value: unknown, root: Node): { readonly missing: string | null } {
  const seen = new Set<unknown>()
  const waiting: unknown[] = [value]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (typeof next !== 'object' || next === null || seen.has(next)) continue
    seen.add(next)
    const reference: unknown = Reflect.get(next, '$ref')
    if (typeof reference === 'string') {
      const target = resolve(next, root)
      if (target === undefined) return { missing: reference }
      waiting.push(target)
    }
    waiting.push(...(Object.values(next) as readonly unknown[]).filter((inner) => inner !== undefined))
  }
  return { missing: null }
}
