/** Runs what it is given one after the other, in the order in which it came; what fails keeps nobody waiting. */
export type OneByOne = <T>(work: () => Promise<T>) => Promise<T>

export function createOneByOne(): OneByOne {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const mine = last.then(work)
    last = mine.catch(() => undefined)
    return mine
  }
}
