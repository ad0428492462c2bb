import { GateError } from '../../errors.ts'
import type { FileWatch } from './file-watch.ts'

/** What SQLite could not do, as GateError `store_unavailable`. Its message names no value that was bound. */
export function unavailable(cause: unknown, what: string): GateError {
  return new GateError('store_unavailable', `${what}: ${reasonOf(cause)}`, { cause, retryAfterMs: 1_000 })
}

/** Wraps every method of a port: busy, full, read-only, closed, deleted, or a row that cannot be read becomes GateError. */
export function shielded<P extends object>(port: P, watch: FileWatch | null = null): P {
  const methods = Object.entries(port).map(([name, method]: [string, unknown]) => [
    name,
    typeof method === 'function' ? shield(name, method, watch) : method,
  ])
  return Object.fromEntries(methods) as P
}

function shield(name: string, method: Function, watch: FileWatch | null): (...args: readonly unknown[]) => unknown {
  return (...args) => {
    try {
      watch?.check()
      return method(...args) as unknown
    } catch (cause) {
      if (cause instanceof GateError) throw cause
      watch?.failed(cause)
      throw unavailable(cause, name)
    }
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : 'unknown'
}
