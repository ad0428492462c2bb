import type { ChallengeView } from './challenge.ts'

/** What the gateway answers when it refuses: RFC 9457 problem details with a stable code. Media type `application/problem+json`. */
export interface Problem {
  /** Always `about:blank`: the code below says more than a URL would. */
  readonly type: 'about:blank'
  /** The code's public text; the same for every visitor. */
  readonly title: string
  readonly status: number
  /** Stable name of the failure, also in the `Cloakroom-Error` field. */
  readonly code: string
  /** Quote this to the operator: it is in the log and in the audit trail. */
  readonly request: string
  /** Where a person can sign in; only with `session_required` and `session_replaced`. */
  readonly login?: string
  /** What to solve; only with `challenge_required`. */
  readonly challenge?: ChallengeView
  /** Why this one was refused, for a person; only with `password_refused` and `password_wrong`. */
  readonly detail?: string
  /** Where a person can show once more who it is; only with `step_up_required`. */
  readonly stepUp?: string
  /** Where a person can add a second factor; only with `second_factor_required`. */
  readonly enrol?: string
  /** Seconds that the last proof may be old for this call; only with `step_up_required`. */
  readonly maxAge?: number
}
