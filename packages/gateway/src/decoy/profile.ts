import type { OpenApi } from './openapi.ts'

/** What decoys of one name are made from. */
export type DecoyProfile =
  | { readonly kind: 'json'; readonly sample: unknown }
  | { readonly kind: 'text'; readonly sample: string; readonly contentType: string }
  | { readonly kind: 'openapi'; readonly document: OpenApi }
