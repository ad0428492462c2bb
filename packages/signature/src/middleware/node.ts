import type { IncomingMessage, ServerResponse } from 'node:http'
import type { SignedRequest } from '../policy/signed-request.ts'
import { nodeJudge, sendRefusal, type NodeOptions } from './node-request.ts'

export type { NodeOptions } from './node-request.ts'
export type { ClientCertificatePins } from './client-certificate.ts'
export { signedOf } from './signed.ts'

/** Wraps a `node:http` handler: it runs for requests that the gateway has signed, and for no other. */
export function requireSignature(
  options: NodeOptions,
  handler: (request: IncomingMessage, response: ServerResponse, signed: SignedRequest) => void,
): (request: IncomingMessage, response: ServerResponse) => void {
  const judge = nodeJudge(options)
  async function admit(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const verdict = await judge(request)
    if (verdict.verdict === 'accepted') handler(request, response, verdict.signed)
    else await sendRefusal(request, response, verdict.refusal)
  }
  // A throw of the handler stays what it is without this wrapper: an uncaught error of the app.
  return (request, response) => void admit(request, response)
}
