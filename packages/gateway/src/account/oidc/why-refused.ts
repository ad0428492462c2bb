import { GateError } from '../../errors.ts'

/**
 * Why the provider's answer counts for nothing, as a word for the audit trail; null when it is no answer at all, because it could not be
 * reached. Never the provider's own text: it is a stranger's (OIDC-22).
 */
export function whyRefused(cause: unknown): string | null {
  for (let at: unknown = cause, depth = 0; at instanceof Error && depth < 6; at = at.cause, depth++) {
    if (at instanceof GateError) return null
    const code = 'code' in at && typeof at.code === 'string' ? at.code : ''
    if (code === 'OAUTH_TIMEOUT' || code === 'OAUTH_ABORT') return null
    const said = 'error' in at && typeof at.error === 'string' ? at.error : ''
    // RFC 6749 §4.1.2.1 and §5.2: the provider, or the person, said no.
    if (code === 'OAUTH_AUTHORIZATION_RESPONSE_ERROR' || code === 'OAUTH_RESPONSE_BODY_ERROR') {
      return /^[a-z_]{1,40}$/.test(said) ? `provider_said_${said}` : 'provider_said_no'
    }
    if (/^OAUTH_[A-Z_]{1,60}$/.test(code)) return code.slice('OAUTH_'.length).toLowerCase()
  }
  return 'answer_unusable'
}
