import type { Answer } from '../answer.ts'
import type { Reply } from '../decide/facts.ts'
import { isNavigation, type RequestHead } from '../decide/head.ts'
import type { Policy } from '../decide/policy.ts'
import { problem } from './problem.ts'
import { apiHeaders } from './security-headers.ts'

/** A judgement's reply as an answer. */
export function render(
  reply: Exclude<Reply, { readonly kind: 'challenge' | 'tarpit' | 'decoy' }>,
  head: RequestHead,
  policy: Policy,
): Answer {
  switch (reply.kind) {
    case 'problem':
      if (reply.code === 'jwt_required' || reply.code === 'jwt_refused' || reply.code === 'jwt_scope')
        return bearerChallenge(reply.code, head)
      return problem(reply.code, {
        request: head.id,
        allow: reply.allow,
        retryAfterMs: reply.retryAfterMs,
        rateLimit: reply.rateLimit,
        ...(reply.code === 'session_required' || reply.code === 'session_replaced' ? { login: `${policy.basePath}/login` } : {}),
        // Its browser is about to have the newer cookie.
        ...(reply.code === 'session_replaced' ? { retryAfterMs: 1000 } : {}),
      })
    case 'step-up':
      return stepUp(reply.maxAgeMs, head, policy)
    case 'login':
      return redirect(303, loginPage(head, policy))
    case 'enrol':
      return isNavigation(head)
        ? redirect(303, `${policy.basePath}/factors?next=${encodeURIComponent(whereTo(head))}`)
        : problem('second_factor_required', { request: head.id, enrol: `${policy.basePath}/factors` })
    case 'redirect':
      return redirect(308, reply.location)
    case 'options':
      return preflight(reply.allow, reply.origin, head)
  }
}

export function loginPage(head: RequestHead, policy: Policy): string {
  return `${policy.basePath}/login?next=${encodeURIComponent(whereTo(head))}`
}

/** A person goes to the page that asks for a proof and comes back; a script gets the challenge of RFC 9470 §3. */
function stepUp(maxAgeMs: number, head: RequestHead, policy: Policy): Answer {
  if (isNavigation(head)) return redirect(303, `${policy.basePath}/step-up?next=${encodeURIComponent(whereTo(head))}`)
  return stepUpChallenge(maxAgeMs, head, policy)
}

export function stepUpChallenge(maxAgeMs: number, head: RequestHead, policy: Policy): Answer {
  const maxAge = Math.floor(maxAgeMs / 1000)
  const answer = problem('step_up_required', { request: head.id, stepUp: `${policy.basePath}/step-up`, maxAge })
  const challenge = `Cookie error="insufficient_user_authentication", error_description="Confirm that it is you", max_age="${String(maxAge)}"`
  return { ...answer, headers: [...answer.headers, ['www-authenticate', challenge]] }
}

/** RFC 6750 §3: what kind of credential is missing; no reason, which would help whoever forges one. */
function bearerChallenge(code: 'jwt_required' | 'jwt_refused' | 'jwt_scope', head: RequestHead): Answer {
  const answer = problem(code, { request: head.id })
  const errors = { jwt_required: '', jwt_refused: ' error="invalid_token"', jwt_scope: ' error="insufficient_scope"' }
  return { ...answer, headers: [...answer.headers, ['www-authenticate', `Bearer${errors[code]}`]] }
}

function whereTo({ path, query }: RequestHead): string {
  return path + (query === '' ? '' : `?${query}`)
}

/** 303 after a form (RFC 9700 §4.12: never 307 or 308, which would send the password again). */
export function redirect(status: 303 | 308, location: string): Answer {
  return { status, headers: [['location', location], ['cache-control', 'no-store'], ...apiHeaders()], body: null }
}

/** Fetch standard, CORS preflight: only an origin that the owner named learns anything; it never reaches the upstream. */
function preflight(allow: readonly string[], origin: string | null, head: RequestHead): Answer {
  const headers = [['cache-control', 'no-store'] as const, ...apiHeaders()]
  if (allow.length > 0) headers.push(['allow', allow.join(', ')])
  const asked = head.headers.get('access-control-request-method')
  if (origin === null || asked === null) return { status: 204, headers, body: null }
  const fields = head.headers.get('access-control-request-headers')
  return {
    status: 204,
    headers: [
      ...headers,
      ['access-control-allow-origin', origin],
      ['access-control-allow-credentials', 'true'],
      ['access-control-allow-methods', allow.length > 0 ? allow.join(', ') : asked],
      ...(fields === null ? [] : [['access-control-allow-headers', fields] as const]),
    ],
    body: null,
  }
}
