/** What is hashed for one window. The length is in it, so that one root in two configurations does not give one secret a longer life. */
export function windowText(windowSeconds: number, window: number): string {
  return `cloakroom-window-v1\n${windowSeconds}\n${window}`
}

/** Which window `at` (Unix seconds) lies in. Throws on a length that is no whole number of seconds. */
export function windowNumber(windowSeconds: number, at: number): number {
  if (!Number.isInteger(windowSeconds) || windowSeconds < 1) throw new RangeError('A window lasts a whole number of seconds.')
  return Math.floor(at / windowSeconds)
}
