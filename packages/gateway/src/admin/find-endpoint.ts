import type { AdminEndpoint } from './endpoint.ts'

export type FoundEndpoint =
  | { readonly kind: 'found'; readonly endpoint: AdminEndpoint; readonly params: Readonly<Record<string, string>> }
  | { readonly kind: 'other-method'; readonly allow: readonly string[] }
  | { readonly kind: 'none' }

/** The row for a path below `/admin`. What can be written in two ways is not taken: a segment is decoded once and holds no slash. */
export function findEndpoint(rows: readonly AdminEndpoint[], method: string, path: string): FoundEndpoint {
  const segments = path.split('/').map(decode)
  if (segments.some((segment) => segment === null)) return { kind: 'none' }
  const here = rows.flatMap((endpoint) => {
    const params = match(endpoint.path.split('/'), segments)
    return params === null ? [] : [{ kind: 'found', endpoint, params } as const]
  })
  const found = here.find(({ endpoint }) => endpoint.method === method)
  if (found !== undefined) return found
  return here.length === 0 ? { kind: 'none' } : { kind: 'other-method', allow: here.map(({ endpoint }) => endpoint.method) }
}

function match(pattern: readonly string[], segments: readonly (string | null)[]): Readonly<Record<string, string>> | null {
  if (pattern.length !== segments.length) return null
  const params: Record<string, string> = {}
  for (const [at, expected] of pattern.entries()) {
    const segment = segments[at] ?? ''
    if (!expected.startsWith('{')) {
      if (segment !== expected) return null
    } else if (segment === '') return null
    else params[expected.slice(1, -1)] = segment
  }
  return params
}

function decode(segment: string): string | null {
  try {
    const text = decodeURIComponent(segment)
    return text.includes('/') ? null : text
  } catch {
    return null
  }
}
