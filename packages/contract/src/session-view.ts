/** What `GET /auth/session` tells a page about its visitor. Never holds a secret or an identifier of the session. Times are ISO 8601, UTC. */
export type SessionView =
  | { readonly active: false }
  | {
      readonly active: true
      readonly account: string
      readonly roles: readonly string[]
      /** The session ends then at the latest. */
      readonly expiresAt: string
      /** The session ends then unless it is used before. */
      readonly idleExpiresAt: string
    }
