import type { Instant } from '../decide/head.ts'
import { GateError } from '../errors.ts'

export type OpenFailureReason =
  | 'unknown'
  | 'revoked'
  | 'not_yet'
  | 'expired'
  | 'wrong_kind'
  /** The authorization server gave no access token. */
  | 'mint_failed'
  | 'origin_not_sealed'
  | 'record_altered'
  | 'vault_altered'
  | 'store_failed'

/** A credential that was asked for and not given. Holds no value. */
export interface OpenFailure {
  readonly name: string
  readonly origin: string
  readonly at: Instant
  readonly reason: OpenFailureReason
  /** For the operator. */
  readonly detail: string
}

type Wanted = Pick<OpenFailure, 'name' | 'origin' | 'at'>

export interface Failures {
  readonly refuse: (wanted: Wanted, reason: OpenFailureReason, detail: string) => never
  /** The vault could not be read at all. */
  readonly refuseUnread: (wanted: Wanted, cause: unknown) => never
}

/** Refuses with a GateError and tells the owner: of the same failure at most once a minute, because a busy route must not fill the audit trail. */
export function createFailures(onFailure: (failure: OpenFailure) => void): Failures {
  const reported = new Map<string, Instant>()

  function report(failure: OpenFailure): void {
    const key = `${failure.reason} ${failure.origin} ${failure.name}`
    const before = reported.get(key)
    if (before !== undefined && failure.at - before < QUIET_MS && failure.at >= before) return
    if (reported.size >= MOST_REPORTED) reported.clear()
    reported.set(key, failure.at)
    onFailure(failure)
  }

  return {
    refuse({ name, origin, at }, reason, detail) {
      report({ name, origin, at, reason, detail })
      throw new GateError('credential_unavailable', `the credential ${name} for ${origin}: ${detail}`)
    },
    refuseUnread({ name, origin, at }, cause) {
      if (cause instanceof GateError && cause.code === 'credential_unavailable') {
        report({ name, origin, at, reason: 'vault_altered', detail: cause.message })
        throw cause
      }
      report({ name, origin, at, reason: 'store_failed', detail: 'the store did not answer' })
      throw new GateError('store_unavailable', `the credential ${name} cannot be read: the store did not answer`, { cause })
    },
  }
}

const QUIET_MS = 60_000
const MOST_REPORTED = 1000
