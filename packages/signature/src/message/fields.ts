import type { FieldLine } from './message.ts'

// obs-fold, RFC 9112 §5.2: RFC 9421 §2.1 step 3 has it replaced by one space.
const OBSOLETE_FOLD = /[ \t]*\r?\n[ \t]+/g
const OUTER_WHITESPACE = /^[ \t]+|[ \t]+$/g

/** The values of every line of one field, in order, trimmed and unfolded (RFC 9421 §2.1 steps 1 to 3). */
export function fieldLines(fields: readonly FieldLine[], name: string): readonly string[] {
  const wanted = name.toLowerCase()
  const found: string[] = []
  for (const [own, value] of fields) {
    if (own.toLowerCase() === wanted) found.push(value.replace(OBSOLETE_FOLD, ' ').replace(OUTER_WHITESPACE, ''))
  }
  return found
}

/** The combined value: lines joined by `, ` (RFC 9421 §2.1 step 4). Null when the field is absent; an empty field is `''`. */
export function fieldValue(fields: readonly FieldLine[], name: string): string | null {
  const lines = fieldLines(fields, name)
  return lines.length === 0 ? null : lines.join(', ')
}

/** The same fields without some names, whatever their case. */
export function withoutFields(fields: readonly FieldLine[], names: readonly string[]): readonly FieldLine[] {
  return fields.filter(([name]) => !names.includes(name.toLowerCase()))
}
