/** The embedded store answers at once, a remote one later: both are awaited the same way. */
export type Awaitable<T> = T | Promise<T>
