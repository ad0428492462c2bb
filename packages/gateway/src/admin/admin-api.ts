import type { IncomingMessage } from 'node:http'
import * as z from 'zod'
import type { Answer } from '../answer.ts'
import { type AdminEndpoint, endpoint, said } from './endpoint.ts'
import { adminFailure, dispatchAdmin } from './dispatch.ts'
import { openApiDocument } from './openapi.ts'
import type { AdminParts } from './parts.ts'
import { ADMIN_ENDPOINTS } from './table.ts'

export type AdminApi = (request: IncomingMessage, requestId: string) => Promise<Answer>

/** The table and the document that is made from it, which is in the table, too. */
export const ADMIN_TABLE: readonly AdminEndpoint[] = [
  ...ADMIN_ENDPOINTS,
  endpoint({
    id: 'openapi',
    method: 'GET',
    path: '/openapi.json',
    callers: 'viewer',
    about: 'This document.',
    answer: z.looseObject({ openapi: z.string() }),
    run: async () => said(openApiDocument(ADMIN_TABLE, API_VERSION) as { openapi: string }),
  }),
]

/** Of the document: raised with what a client would notice. */
export const API_VERSION = '1.0.0'

/** Never rejects: `onFailure` gets what went wrong. */
export function createAdminApi(parts: AdminParts, onFailure: (cause: unknown) => void): AdminApi {
  return async (request, requestId) => {
    try {
      return await dispatchAdmin(parts, ADMIN_TABLE, request, requestId)
    } catch (cause) {
      onFailure(cause)
      return adminFailure(cause, requestId)
    }
  }
}
