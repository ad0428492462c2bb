import { GateError } from '../../errors.ts'

/** What SQLite could not do, as GateError `store_unavailable`. Its message names no value that was bound. */
export function unavailable(cause: unknown, what: string): GateError {
  return new GateError('store_unavailable', `${what}: ${reasonOf(cause)}`, { cause, retryAfterMs: 1_000 })
}

/** Wraps every method of a port: busy, full, read-only, closed, or a row that cannot be read becomes GateError. */
export function shielded<P extends object>(port: P): P {
  const methods = Object.entries(port).map(([name, method]: [string, unknown]) => [
    name,
    typeof method === 'function' ? shield(name, method) : method,
  ])
  return Object.fromEntries(methods) as P
}

function shield(name: string, method: Function): (...args: readonly unknown[]) => unknown {
  return (...args) => {
    try {
      return method(...args) as unknown
    } catch (cause) {
      throw cause instanceof GateError ? cause : unavailable(cause, name)
    }
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : 'unknown'
}
