import { GateError } from '../../errors.ts'

/** What SQLite could not do, as GateError `store_unavailable`. Its message names no value that was bound. */
export function unavailable(cause: unknown, what: string): GateError {
  return new GateError('store_unavailable', `${what}: ${reasonOf(cause)}`, { cause, retryAfterMs: 1_000 })
}

/** Wraps every method of a port: busy, full, corrupt, read-only or closed becomes GateError; an error of ours stays what it is. */
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
      throw isFromSqlite(cause) ? unavailable(cause, name) : cause
    }
  }
}

function isFromSqlite(cause: unknown): boolean {
  if (!(cause instanceof Error) || !('code' in cause)) return false
  // The second is what node:sqlite says of a closed database or a finalized statement.
  return cause.code === 'ERR_SQLITE_ERROR' || cause.code === 'ERR_INVALID_STATE'
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : 'unknown'
}
