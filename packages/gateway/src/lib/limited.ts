/** Work that takes its turn. */
export interface Limited {
  /** Runs `work` when its turn comes; rejects with `full()` when too many wait already. */
  run<T>(work: () => Promise<T>): Promise<T>
  /** A place for work that is to come, so that it will not be told then that there is none. Throws `full()`. */
  reserve(): Turn
}

/** For one piece of work. `release` gives the place back when it was not used. */
export interface Turn {
  run<T>(work: () => Promise<T>): Promise<T>
  release(): void
}

/** At most `atOnce` run, at most `waiting` wait, in order. */
export function limited(atOnce: number, waiting: number, full: () => Error): Limited {
  const queue: (() => void)[] = []
  let running = 0
  let reserved = 0

  function reserve(): Turn {
    if (running + queue.length + reserved >= atOnce + waiting) throw full()
    reserved += 1
    let held = true
    const release = (): void => {
      if (held) reserved -= 1
      held = false
    }
    return {
      release,
      async run(work) {
        if (!held) throw new Error('this turn is over')
        release()
        return await take(work)
      },
    }
  }

  async function take<T>(work: () => Promise<T>): Promise<T> {
    // Whoever ends hands its place over, so that nobody can step in between.
    if (running >= atOnce) await new Promise<void>((resolve) => queue.push(resolve))
    else running += 1
    try {
      return await work()
    } finally {
      const next = queue.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }

  return { reserve, run: async (work) => await reserve().run(work) }
}
