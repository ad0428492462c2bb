/** Tells the time in whole Unix seconds, the unit of `created` and `expires` (RFC 9421 §2.3). */
export type Clock = () => number

export const systemClock: Clock = () => Math.floor(Date.now() / 1000)
