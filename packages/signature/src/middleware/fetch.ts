import type { SignedRequest } from '../policy/signed-request.ts'
import { fetchJudge, type FetchOptions } from './fetch-request.ts'

export type { FetchOptions } from './fetch-request.ts'
export { signedOf } from './signed.ts'

/** Wraps a fetch handler (workers, Deno, Bun, service bindings): it runs for requests that the gateway has signed, and for no other. */
export function requireSignature(
  options: FetchOptions,
  handler: (request: Request, signed: SignedRequest) => Response | Promise<Response>,
): (request: Request) => Promise<Response> {
  const judge = fetchJudge(options)
  return async (request) => {
    const verdict = await judge(request)
    return verdict.verdict === 'accepted' ? handler(verdict.request, verdict.signed) : verdict.response
  }
}
