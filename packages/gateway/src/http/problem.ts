import type { ChallengeView, Problem } from '@cloakroom/contract'
import type { Answer } from '../answer.ts'
import type { RateLimit } from '../decide/facts.ts'
import type { HeaderField } from '../decide/headers.ts'
import { FAILURES, type FailureCode } from '../errors.ts'
import { apiHeaders } from './security-headers.ts'

export interface ProblemOptions {
  readonly request: string
  readonly allow?: readonly string[] | undefined
  readonly retryAfterMs?: number | null | undefined
  readonly rateLimit?: RateLimit | undefined
  readonly login?: string
  readonly detail?: string
  readonly stepUp?: string
  readonly enrol?: string
  /** Seconds. */
  readonly maxAge?: number
  readonly challenge?: ChallengeView
}

/** A refusal of our own: RFC 9457 problem details, and the code in `Cloakroom-Error` so that nobody blames the upstream. */
export function problem(code: FailureCode, options: ProblemOptions): Answer {
  const { status, title } = FAILURES[code]
  const content: Problem = {
    type: 'about:blank',
    title,
    status,
    code,
    request: options.request,
    ...(options.login === undefined ? {} : { login: options.login }),
    ...(options.challenge === undefined ? {} : { challenge: options.challenge }),
    ...(options.detail === undefined ? {} : { detail: options.detail }),
    ...(options.stepUp === undefined ? {} : { stepUp: options.stepUp }),
    ...(options.enrol === undefined ? {} : { enrol: options.enrol }),
    ...(options.maxAge === undefined ? {} : { maxAge: options.maxAge }),
  }
  const headers: HeaderField[] = [
    ['content-type', 'application/problem+json'],
    ['cloakroom-error', code],
    ['cache-control', 'no-store'],
    ...apiHeaders(),
  ]
  if (options.allow !== undefined) headers.push(['allow', options.allow.join(', ')])
  if (options.retryAfterMs !== undefined && options.retryAfterMs !== null) {
    headers.push(['retry-after', String(Math.max(1, Math.ceil(options.retryAfterMs / 1000)))])
  }
  if (options.rateLimit !== undefined) headers.push(...rateLimitFields(options.rateLimit))
  return { status, headers, body: Buffer.from(JSON.stringify(content)) }
}

/** draft-ietf-httpapi-ratelimit-headers-10 §3 and §4: structured fields, whole seconds. The name is a signal's, `[a-z0-9_-]`. */
function rateLimitFields({ policy, limit, windowMs, remaining, resetMs }: RateLimit): readonly HeaderField[] {
  return [
    ['ratelimit-policy', `"${policy}";q=${Math.floor(limit)};w=${Math.ceil(windowMs / 1000)}`],
    ['ratelimit', `"${policy}";r=${Math.max(0, Math.floor(remaining))};t=${Math.ceil(resetMs / 1000)}`],
  ]
}
