import type { IncomingMessage } from 'node:http'
import * as z from 'zod'
import type { AdminEndpoint } from './endpoint.ts'

export type Read =
  | { readonly kind: 'read'; readonly query: unknown; readonly body: unknown; readonly reason: string | null }
  | {
      readonly kind: 'refused'
      readonly code: 'admin_request_refused' | 'reason_required' | 'media_type_refused' | 'body_too_large' | 'body_unreadable'
      readonly detail?: string
    }

const reason = z.string().trim().min(3).max(500)

/** The body's schema as the document has it: with the reason, where there is something to give one for. */
export function bodySchema({ body, change }: AdminEndpoint): z.ZodObject | null {
  if (!change) return body
  return (body ?? z.strictObject({})).extend({ reason: reason.describe('Why: it is in the audit trail before anything happens.') })
}

/** Query and body as the row's schemas have them. */
export async function readRequest(request: IncomingMessage, endpoint: AdminEndpoint, search: string): Promise<Read> {
  const query = readQuery(endpoint, search)
  if (query.kind === 'refused') return query
  if (endpoint.method === 'GET') return { kind: 'read', query: query.value, body: {}, reason: null }
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase()
  if (type !== 'application/json' || request.headers['content-encoding'] !== undefined)
    return { kind: 'refused', code: 'media_type_refused' }
  const bytes = await collect(request)
  if (bytes === null) return { kind: 'refused', code: 'body_too_large' }
  const value = parse(bytes)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { kind: 'refused', code: 'body_unreadable' }
  const { reason: given, ...rest } = value as Record<string, unknown>
  const said = endpoint.change ? reason.safeParse(given) : null
  if (said !== null && !said.success)
    return {
      kind: 'refused',
      code: 'reason_required',
      detail: 'Add `reason`, 3 to 500 characters, to the body: others read it in the audit trail.',
    }
  const read = (endpoint.body ?? z.strictObject({})).safeParse(endpoint.change ? rest : value)
  if (!read.success) return { kind: 'refused', code: 'admin_request_refused', detail: explain(read.error) }
  return { kind: 'read', query: query.value, body: read.data, reason: said?.data ?? null }
}

function readQuery(
  { query }: AdminEndpoint,
  search: string,
): { readonly kind: 'query'; readonly value: unknown } | Extract<Read, { kind: 'refused' }> {
  const given = new URLSearchParams(search)
  const names = [...given.keys()]
  if (new Set(names).size !== names.length)
    return { kind: 'refused', code: 'admin_request_refused', detail: 'A parameter of the query comes twice.' }
  const read = (query ?? z.strictObject({})).safeParse(Object.fromEntries(given))
  return read.success
    ? { kind: 'query', value: read.data }
    : { kind: 'refused', code: 'admin_request_refused', detail: explain(read.error) }
}

/** Where and why, never what was sent: it may be a password in the wrong field. */
function explain({ issues }: z.ZodError): string {
  return issues
    .slice(0, 5)
    .map(({ path, message }) => `${path.length === 0 ? 'body' : path.join('.')}: ${message}`)
    .join('; ')
}

/** Far more than a name, a reason and a list of scopes take. */
export const MOST_BYTES = 64 * 1024

async function collect(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += (chunk as Buffer).length
    if (size > MOST_BYTES) return null
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}
