/** The gateway as a library. The command line is the usual way; see docs/embedding.md for this one. */
export { createGateway, type EmbeddedGateway, type EmbedOptions } from './embed.ts'
export type { ConfigInput } from './config/schema.ts'
export { GateError, type FailureCode } from './errors.ts'
