import { auditEvent, causedBy } from '../audit/event.ts'
import type { Departure } from '../answer.ts'
import type { RequestHead } from '../decide/head.ts'
import type { ApiRoute } from '../decide/route.ts'
import type { Visitor } from '../decide/session.ts'
import { type FailureCode, GateError } from '../errors.ts'
import type { OpenCredential, Parts, UpstreamAnswer, VaultVersion } from '../parts.ts'

/** What the way out and back needs of the gateway's parts. */
export type WayParts = Pick<Parts, 'policy' | 'vault' | 'tokens' | 'forward' | 'audit' | 'pseudonym' | 'via' | 'clock' | 'uses'>

/** One request that was passed, and all that its way out and back needs. */
export interface Trip {
  readonly head: RequestHead
  readonly route: ApiRoute
  readonly visitor: Visitor
  readonly parts: WayParts
  readonly departure: Departure | undefined
}

/** What the vault gave for a round trip: a credential on the request, a certificate on the connection. */
export function openersOf(credential: OpenCredential | null, { shown }: UpstreamAnswer): readonly VaultVersion[] {
  return [credential?.from, shown].filter((version) => version !== undefined && version !== null)
}

/** What the owner should know of, because the upstream is to blame. */
const UPSTREAM_FAILURES: ReadonlySet<FailureCode> = new Set([
  'upstream_unreachable',
  'upstream_invalid',
  'upstream_redirect',
  'upstream_timeout',
  'upstream_refused',
  'answer_too_large',
])

/** Puts an upstream's failure into the audit trail; one of the visitor's or ours is in the log already. */
export function noteFailure({ head, route, parts }: Trip, cause: unknown): void {
  if (!(cause instanceof GateError)) return
  const untrusted = cause.code === 'upstream_untrusted'
  if (!untrusted && !UPSTREAM_FAILURES.has(cause.code)) return
  parts.audit.note(
    auditEvent({
      ...causedBy(head),
      kind: untrusted ? 'upstream.tls_failed' : 'upstream.failed',
      target: route.api.name,
      result: 'failed',
      reason: cause.code,
      detail: { route: route.id, cause: systemCode(cause.cause) },
    }),
  )
}

export function noteReflection({ head, route, parts }: Trip, where: 'field' | 'body' | 'frame'): void {
  const withheld = where === 'frame' || route.api.onLeak === 'withhold'
  parts.audit.note(
    auditEvent({
      ...causedBy(head),
      kind: 'secret.reflected',
      target:
        route.api.visitorToken === null
          ? (route.api.credential ?? route.api.assertion?.key ?? null)
          : `oidc ${route.api.visitorToken.provider}`,
      result: withheld ? 'refused' : 'ok',
      reason: withheld ? 'answer_withheld' : 'redacted',
      detail: { where, route: route.id },
    }),
  )
}

/** The owner should know, although the visitor noticed nothing: the credential in use was refused, and the spare one tried. */
export function noteRejected({ head, route, parts }: Trip, status: number): void {
  parts.audit.note(
    auditEvent({
      ...causedBy(head),
      kind: 'credential.rejected',
      target: route.api.credential,
      result: status === 401 ? 'failed' : 'ok',
      reason: status === 401 ? 'both_refused' : 'spare_taken',
      detail: { route: route.id, status },
    }),
  )
}

/** `CERT_HAS_EXPIRED`, `ECONNREFUSED`: a name, never a message, which may quote what was sent. */
function systemCode(cause: unknown): string {
  if (typeof cause !== 'object' || cause === null || !('code' in cause) || typeof cause.code !== 'string') return ''
  return /^[A-Z0-9_]+$/.test(cause.code) ? cause.code : ''
}
