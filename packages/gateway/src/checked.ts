import { type FailureCode, GateError } from './errors.ts'

/** Checks what is here at once, and what comes later when it comes. */
export function checked<T>(
  answer: T | Promise<T>,
  holds: (answer: unknown) => boolean,
  what: string,
  code: FailureCode = 'store_unavailable',
): T | Promise<T> {
  if (answer instanceof Promise) {
    return answer.then((value) => {
      if (holds(value)) return value
      throw nonsense(what, code)
    })
  }
  if (holds(answer)) return answer
  throw nonsense(what, code)
}

export function late(what: string, code: FailureCode): GateError {
  return new GateError(code, `${what} did not answer in time`)
}

export function nonsense(what: string, code: FailureCode = 'store_unavailable'): GateError {
  return new GateError(code, `${what} answered with nonsense`)
}
