/** The embedded store answers at once, a remote one later: both are awaited the same way. */
export type Awaitable<T> = T | Promise<T>

/** Goes on with the answer: now when it is here, else when it comes. */
export function onceHere<T, R>(answer: Awaitable<T>, proceed: (answer: T) => R): Awaitable<R> {
  return answer instanceof Promise ? answer.then(proceed) : proceed(answer)
}
