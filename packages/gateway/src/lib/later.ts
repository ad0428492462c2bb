/** Runs something once after some milliseconds; the answer calls it off. Tests bring their own and decide when time passes. */
export type Later = (run: () => void, ms: number) => () => void

export const systemLater: Later = (run, ms) => {
  const timer = setTimeout(run, ms)
  return () => clearTimeout(timer)
}

/** For bounds that matter only while something else is going on: does not keep the process alive. */
export const backgroundLater: Later = (run, ms) => {
  const timer = setTimeout(run, ms).unref()
  return () => clearTimeout(timer)
}
