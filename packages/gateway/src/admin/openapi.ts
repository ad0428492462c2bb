import * as z from 'zod'
import type { AdminEndpoint } from './endpoint.ts'
import { FAILURES } from '../errors.ts'
import { bodySchema } from './read-request.ts'

/** The Admin API as an OpenAPI 3.1 document, made from its table. */
export function openApiDocument(rows: readonly AdminEndpoint[], version: string): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const row of rows) paths[`/admin${row.path}`] = { ...paths[`/admin${row.path}`], [row.method.toLowerCase()]: operationOf(row) }
  return {
    openapi: '3.1.0',
    info: { title: 'Cloakroom Admin API', version, description: ABOUT, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: 'http://127.0.0.1:9090' }],
    paths,
    components: {
      securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: '__Host-Http-admin' } },
      responses: {
        problem: { description: 'A refusal (RFC 9457).', content: { 'application/problem+json': { schema: PROBLEM } } },
      },
    },
  }
}

function operationOf(row: AdminEndpoint): object {
  const { id, about, callers, grave, path, query, answer, method } = row
  const body = bodySchema(row)
  const needs = callers === 'anyone' || callers === 'begun' ? [] : [{ session: [] }]
  return {
    operationId: id,
    summary: about,
    security: needs,
    'x-cloakroom-callers': callers,
    'x-cloakroom-grave': grave,
    parameters: [
      ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
      ...(query === null ? [] : queryParameters(query)),
      ...(method === 'POST' ? [{ name: 'X-CSRF', in: 'header', required: true, schema: { const: '1' } }] : []),
    ],
    ...(method === 'POST'
      ? { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(body ?? z.strictObject({}), 'input') } } } }
      : {}),
    responses: {
      ...(answer === null
        ? { 204: { description: 'Done.' } }
        : { 200: { description: 'Done.', content: { 'application/json': { schema: schemaOf(answer, 'output') } } } }),
      default: { $ref: '#/components/responses/problem' },
    },
  }
}

function queryParameters(query: z.ZodObject): readonly object[] {
  const { properties = {}, required = [] } = schemaOf(query, 'input') as {
    readonly properties?: Readonly<Record<string, { readonly description?: string }>>
    readonly required?: readonly string[]
  }
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema,
  }))
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _named, ...rest } = z.toJSONSchema(schema, { io })
  return rest
}

const PROBLEM = {
  type: 'object',
  required: ['type', 'title', 'status', 'code', 'request'],
  properties: {
    type: { const: 'about:blank' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { enum: Object.keys(FAILURES) },
    request: { type: 'string', description: 'It is in the audit trail under this identifier.' },
    detail: { type: 'string' },
  },
}

const ABOUT =
  'Answers on the admin listener only. Sign in with `/admin/login` and `/admin/login/factor`; the session is a cookie. Every POST has `X-CSRF: 1` and a JSON body. `x-cloakroom-callers` is the least role, `x-cloakroom-grave` says that the second factor must have been shown within five minutes (`/admin/step-up`).'
