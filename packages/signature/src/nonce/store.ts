/**
 * Remembers what has been used. `spend` is true exactly once for one purpose and id until `expiresAt` (Unix seconds), over all
 * instances that share the store. It rejects when it cannot know; the verifier then refuses the request.
 */
export interface NonceStore {
  spend(purpose: string, id: string, expiresAt: number, now: number): Promise<boolean>
}
