import { fetchJudge, type FetchOptions } from './fetch-request.ts'

export type { FetchOptions } from './fetch-request.ts'
export { signedOf } from './signed.ts'

/** What is used of Hono's context. */
export interface HonoContextLike {
  readonly req: { raw: Request }
}

/** Hono middleware: `app.use('/orders/*', requireSignature(options))`. Behind it `c.req` is the verified request. */
export function requireSignature(
  options: FetchOptions,
): (context: HonoContextLike, next: () => Promise<void>) => Promise<Response | undefined> {
  const judge = fetchJudge(options)
  return async (context, next) => {
    const verdict = await judge(context.req.raw)
    if (verdict.verdict === 'refused') return verdict.response
    context.req.raw = verdict.request
    await next()
    return undefined
  }
}
