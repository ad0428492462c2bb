/** One of an account's sessions, as `GET /auth/sessions` lists it for its owner. Times are ISO 8601, UTC. */
export interface SessionEntry {
  /** Names the session for ending it, here and in the audit trail; of no use as a cookie. */
  readonly label: string
  /** The one that asked. */
  readonly current: boolean
  /** `Firefox`, `Windows`: what the browser said of itself when the session began; null where it said nothing that is known. */
  readonly browser: string | null
  readonly system: string | null
  readonly address: string
  /** How its owner showed who he is: `password`, `totp`, `passkey`, … */
  readonly methods: readonly string[]
  readonly startedAt: string
  /** To the minute. */
  readonly seenAt: string
  readonly expiresAt: string
}
