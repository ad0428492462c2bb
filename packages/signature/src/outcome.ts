/** A daily outcome as a value: either what was asked for, or one named problem with a detail for the log. */
export type Outcome<T, P extends string> = Fine<T> | Failed<P>

export interface Fine<T> {
  readonly ok: true
  readonly value: T
}

/** `detail` is for the owner's log. It never leaves in an answer (RFC 9421 §8.3: no oracle). */
export interface Failed<P extends string> {
  readonly ok: false
  readonly problem: P
  readonly detail: string
}

export function fine<T>(value: T): Fine<T> {
  return { ok: true, value }
}

export function failed<P extends string>(problem: P, detail: string): Failed<P> {
  return { ok: false, problem, detail }
}
