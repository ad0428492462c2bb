import type { Answered } from '../../forward/provider-line.ts'
import type { OidcClient } from './client.ts'

/** What came of it (RFC 7009 §2.2). `done` also for a token that the provider does not know: it opens nothing, which is what was wanted. */
export type Revocation = 'done' | 'no_endpoint' | 'unsupported_token_type'

/** Waits so many milliseconds. */
export type Pause = (ms: number) => Promise<void>

/**
 * Revokes a refresh token. A provider that answers 503 is asked again when it says so (§2.2.1): until then the token has to be taken for good.
 * Throws what the library throws when it stays without an answer.
 */
export async function revokeToken({ library, configuration, metadata }: OidcClient, token: string, pause: Pause): Promise<Revocation> {
  if (metadata.revocation_endpoint === undefined) return 'no_endpoint'
  for (let attempt = 1; ; attempt++) {
    try {
      await library.tokenRevocation(configuration, token, { token_type_hint: 'refresh_token' })
      return 'done'
    } catch (cause) {
      const { code, wait } = readFailure(cause)
      if (code === 'unsupported_token_type') return code
      if (wait === null || attempt === MOST_ATTEMPTS) throw cause
      await pause(wait)
    }
  }
}

const MOST_ATTEMPTS = 4
const LEAST_MS = 1000
/** Nobody here remembers a token for longer because a provider asks for it. */
const MOST_MS = 120_000

interface Failure {
  /** OAuth's word, when there is one. */
  readonly code: string | null
  /** Milliseconds until it may be asked again; null: not at all. */
  readonly wait: number | null
}

function readFailure(cause: unknown): Failure {
  let code: string | null = null
  for (let at: unknown = cause, depth = 0; at instanceof Error && depth < 6; at = at.cause, depth++) {
    if ('error' in at && typeof at.error === 'string') code ??= at.error
    if (isAnswered(at.cause)) return { code, wait: at.cause.status === 503 ? waitOf(at.cause.retryAfter) : null }
  }
  return { code, wait: null }
}

/** As the line to the provider says it. */
function isAnswered(cause: unknown): cause is Answered {
  return typeof cause === 'object' && cause !== null && 'retryAfter' in cause && 'status' in cause
}

/** RFC 9110 §10.2.3: seconds or a date. A date would need the provider's clock to be ours: the shortest wait stands for it. */
function waitOf(field: string | null): number {
  const seconds = /^\d{1,6}$/.test(field ?? '') ? Number(field) : 0
  return Math.min(MOST_MS, Math.max(LEAST_MS, seconds * 1000))
}
