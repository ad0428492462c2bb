/** Milliseconds since 1970-01-01T00:00:00Z. The only source of time; tests bring their own. */
export type Clock = () => number

export const systemClock: Clock = () => Date.now()
