import { ADMIN_TABLE, API_VERSION } from '../../packages/gateway/src/admin/admin-api.ts'
import { openApiDocument } from '../../packages/gateway/src/admin/openapi.ts'

/** docs/reference/admin-api.json: the Admin API as OpenAPI 3.1, from its table; a running gateway serves the same. */
export function adminApiDocument(): string {
  return `${JSON.stringify(openApiDocument(ADMIN_TABLE, API_VERSION), null, 2)}\n`
}
