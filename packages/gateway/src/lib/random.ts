import { randomBytes } from 'node:crypto'

/** The only source of randomness: `n` bytes from the system's generator; tests bring their own. */
export type Random = (bytes: number) => Buffer

export const systemRandom: Random = (bytes) => randomBytes(bytes)
