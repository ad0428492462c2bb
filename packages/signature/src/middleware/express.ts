import type { IncomingMessage, ServerResponse } from 'node:http'
import { nodeJudge, sendRefusal, type NodeOptions } from './node-request.ts'

export type { NodeOptions } from './node-request.ts'
export { signedOf } from './signed.ts'

/** Express (and Connect) middleware. Install it before every body parser: the digest is over the bytes as they came. */
export function requireSignature(
  options: NodeOptions,
): (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void {
  const judge = nodeJudge(options)
  async function admit(request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): Promise<void> {
    const verdict = await judge(request)
    if (verdict.verdict === 'accepted') next()
    else await sendRefusal(request, response, verdict.refusal)
  }
  return (request, response, next) => void admit(request, response, next)
}
