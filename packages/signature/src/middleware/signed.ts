import type { SignedRequest } from '../policy/signed-request.ts'

const SIGNED = new WeakMap<object, SignedRequest>()

/**
 * What the signature vouches for, by the request object of the framework: Node's `IncomingMessage`, Express's `req`, Fastify's
 * `request.raw`, Hono's `c.req.raw`, the `Request` of a fetch handler. Null when no middleware has accepted this request.
 */
export function signedOf(request: object): SignedRequest | null {
  return SIGNED.get(request) ?? null
}

export function rememberSigned(request: object, signed: SignedRequest): void {
  SIGNED.set(request, signed)
}
