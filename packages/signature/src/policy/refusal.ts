import type { FieldLine } from '../message/message.ts'

/** Every reason for which the profile refuses a request. For the owner's log; the caller sees one and the same answer for all but a body over the limit. */
export type RefusalReason =
  | 'unsigned'
  | 'malformed'
  | 'several_signatures'
  | 'missing_parameter'
  | 'too_old'
  | 'from_the_future'
  | 'expired'
  | 'insufficient_coverage'
  | 'unknown_component'
  | 'repeated_component'
  | 'missing_component'
  | 'malformed_component'
  | 'wrong_authority'
  | 'unknown_key'
  | 'key_not_valid_now'
  | 'keys_unavailable'
  | 'algorithm_mismatch'
  | 'bad_signature'
  | 'content_too_large'
  | 'content_unavailable'
  | 'missing_digest'
  | 'weak_digest'
  | 'digest_mismatch'
  | 'malformed_context'
  | 'replayed'
  | 'nonces_unavailable'
  | 'unknown_client_certificate'
  | 'failure'

/** A refused request as its owner's log should have it. `keyid` is what the request claims, null when it was not read. */
export interface Refusal {
  readonly reason: RefusalReason
  readonly detail: string
  readonly keyid: string | null
}

export interface RefusalAnswer {
  readonly status: 403 | 413
  readonly fields: readonly FieldLine[]
  readonly body: string
}

const FORBIDDEN = answer(403, 'signature_refused', 'Forbidden', 'This API answers requests that its gateway has signed.')
const TOO_LARGE = answer(413, 'content_too_large', 'Content Too Large', 'The content is larger than this API takes.')

/**
 * What goes out. 403 and not 401, which would need a challenge (RFC 9110 §15.5.2); the same bytes whether the key is unknown, the
 * signature wrong or a store down, so that nobody can probe (RFC 9421 §8.3). The size limit is no secret.
 */
export function refusalAnswer(reason: RefusalReason): RefusalAnswer {
  return reason === 'content_too_large' ? TOO_LARGE : FORBIDDEN
}

/** Reports a refusal. A log that fails must not turn it into anything else. */
export function tell(report: ((refusal: Refusal) => void) | undefined, refusal: Refusal): void {
  try {
    report?.(refusal)
  } catch {
    return
  }
}

function answer(status: 403 | 413, code: string, title: string, detail: string): RefusalAnswer {
  const body = `${JSON.stringify({ type: 'about:blank', title, status, detail, code })}\n`
  return {
    status,
    fields: [
      ['content-type', 'application/problem+json'],
      ['content-length', String(new TextEncoder().encode(body).length)],
      ['cache-control', 'no-store'],
      ['cloakroom-error', code],
    ],
    body,
  }
}
