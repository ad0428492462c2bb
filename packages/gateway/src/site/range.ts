export type Range =
  /** First and last byte, both included. */
  { readonly kind: 'part'; readonly first: number; readonly last: number } | { readonly kind: 'whole' } | { readonly kind: 'unsatisfiable' }

/** Reads a Range field, RFC 9110 §14.2. Several ranges and what cannot be read get the whole: many small ones were used to exhaust servers (CVE-2011-3192). */
export function readRange(field: string | null, size: number): Range {
  const parts = field === null ? null : /^bytes=(\d{0,15})-(\d{0,15})$/i.exec(field.trim())
  if (parts === null) return { kind: 'whole' }
  const [, from = '', to = ''] = parts
  if (from === '') {
    if (to === '') return { kind: 'whole' }
    const wanted = Number(to)
    return wanted === 0 || size === 0 ? { kind: 'unsatisfiable' } : { kind: 'part', first: Math.max(0, size - wanted), last: size - 1 }
  }
  const first = Number(from)
  if (to !== '' && Number(to) < first) return { kind: 'whole' }
  if (first >= size) return { kind: 'unsatisfiable' }
  return { kind: 'part', first, last: to === '' ? size - 1 : Math.min(Number(to), size - 1) }
}
