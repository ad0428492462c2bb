/** Runs `work` when its turn comes; rejects with `full()` when too many wait already. */
export type Limited = <T>(work: () => Promise<T>) => Promise<T>

/** At most `atOnce` run, at most `waiting` wait, in order. */
export function limited(atOnce: number, waiting: number, full: () => Error): Limited {
  const queue: (() => void)[] = []
  let running = 0
  return async (work) => {
    if (running >= atOnce) {
      if (queue.length >= waiting) throw full()
      // Whoever ends hands its place over, so that nobody can step in between.
      await new Promise<void>((resolve) => queue.push(resolve))
    } else running += 1
    try {
      return await work()
    } finally {
      const next = queue.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }
}
