import { GateError } from '../errors.ts'
import type { Awaitable } from '../lib/awaitable.ts'

/** Asks a store. Whatever it throws becomes GateError `store_unavailable`: no answer counts against the visitor, never for him. */
export async function ask<T>(question: () => Awaitable<T>): Promise<T> {
  try {
    return await question()
  } catch (cause) {
    if (cause instanceof GateError) throw cause
    throw new GateError('store_unavailable', 'a store did not answer', { cause })
  }
}
