/** Runs something once after some milliseconds; the answer calls it off. Tests bring their own and decide when time passes. */
export type Later = (run: () => void, ms: number) => () => void

export const systemLater: Later = (run, ms) => {
  const timer = setTimeout(run, ms)
  return () => clearTimeout(timer)
}
