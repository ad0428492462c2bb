/** Bounds of one run, so that no input can keep the checker busy. Lengths in characters or bytes as named. */
export const limits = {
  /** Bytes read from a file or from standard input. */
  inputBytes: 16 * 1024 * 1024,
  /** JWTs examined in one run; the rest is counted and reported. */
  jwts: 1000,
  /** Keys examined in one key set. */
  keys: 500,
  /** Findings kept; more of the same says no more. */
  findings: 2000,
} as const
