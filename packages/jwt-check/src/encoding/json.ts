/** Any JSON value. Objects have no prototype, so a member named `__proto__` is an ordinary member. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export type JsonObject = { readonly [name: string]: Json | undefined }

/** A reading of hostile JSON: the value as a last-one-wins parser sees it, and what a strict reader must object to. */
export type JsonReading =
  | { readonly kind: 'read'; readonly value: Json; readonly duplicates: readonly string[] }
  | { readonly kind: 'refused'; readonly reason: 'syntax' | 'depth' | 'members'; readonly at: number }

/** Nesting and member count above which JSON in a JWT is refused; honest claims stay far below both. */
export const jsonLimits = { depth: 32, members: 5000 } as const

/**
 * Parses JSON (RFC 8259) within `jsonLimits`, and reports every duplicate member by its dotted path. Never throws.
 * Its own parser, because `JSON.parse` hides duplicates and RFC 7519 §4 lets a verifier see either one.
 */
export function readJson(text: string): JsonReading {
  const reader = new Reader(text)
  try {
    const value = reader.value('', 0)
    reader.space()
    if (reader.at !== text.length) return { kind: 'refused', reason: 'syntax', at: reader.at }
    return { kind: 'read', value, duplicates: reader.duplicates }
  } catch (error) {
    if (error instanceof Refusal) return { kind: 'refused', reason: error.reason, at: reader.at }
    throw error
  }
}

/** True for an object, false for arrays and everything else. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A value as text for a sentence: strings bare, everything else as JSON. */
export function shown(value: Json | undefined): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'missing')
}

class Refusal extends Error {
  readonly reason: 'syntax' | 'depth' | 'members'
  constructor(reason: 'syntax' | 'depth' | 'members') {
    super(reason)
    this.reason = reason
  }
}

class Reader {
  readonly text: string
  readonly duplicates: string[] = []
  at = 0
  members = 0

  constructor(text: string) {
    this.text = text
  }

  value(path: string, depth: number): Json {
    // A depth bound of our own: recursion on `[[[[…` would otherwise end in a stack overflow.
    if (depth > jsonLimits.depth) throw new Refusal('depth')
    this.space()
    const char = this.text[this.at]
    if (char === '{') return this.object(path, depth)
    if (char === '[') return this.array(path, depth)
    if (char === '"') return this.string()
    return this.literal()
  }

  space(): void {
    while (' \t\n\r'.includes(this.text[this.at] ?? 'x')) this.at++
  }

  object(path: string, depth: number): JsonObject {
    const out: Record<string, Json> = Object.create(null)
    this.at++
    this.space()
    if (this.take('}')) return out
    for (;;) {
      this.space()
      if (this.text[this.at] !== '"') throw new Refusal('syntax')
      const name = this.string()
      const here = path === '' ? name : `${path}.${name}`
      if (Object.hasOwn(out, name)) this.duplicates.push(here)
      this.space()
      if (!this.take(':')) throw new Refusal('syntax')
      this.count()
      out[name] = this.value(here, depth + 1)
      this.space()
      if (this.take('}')) return out
      if (!this.take(',')) throw new Refusal('syntax')
    }
  }

  array(path: string, depth: number): readonly Json[] {
    const out: Json[] = []
    this.at++
    this.space()
    if (this.take(']')) return out
    for (;;) {
      this.count()
      out.push(this.value(`${path}[${out.length}]`, depth + 1))
      this.space()
      if (this.take(']')) return out
      if (!this.take(',')) throw new Refusal('syntax')
    }
  }

  string(): string {
    const start = this.at
    this.at++
    while (this.text[this.at] !== '"') {
      if (this.at >= this.text.length) throw new Refusal('syntax')
      this.at += this.text[this.at] === '\\' ? 2 : 1
    }
    this.at++
    return this.parsed(this.text.slice(start, this.at), 'string') as string
  }

  literal(): Json {
    const found = /[^\s,:{}[\]"]*/y
    found.lastIndex = this.at
    const word = found.exec(this.text)?.[0] ?? ''
    const value = this.parsed(word)
    this.at += word.length
    return value
  }

  parsed(piece: string, kind?: 'string'): null | boolean | number | string {
    try {
      const value: unknown = JSON.parse(piece)
      if (kind !== undefined && typeof value !== kind) throw new Refusal('syntax')
      return value as null | boolean | number | string
    } catch {
      throw new Refusal('syntax')
    }
  }

  count(): void {
    this.members++
    if (this.members > jsonLimits.members) throw new Refusal('members')
  }

  take(char: string): boolean {
    if (this.text[this.at] !== char) return false
    this.at++
    return true
  }
}
