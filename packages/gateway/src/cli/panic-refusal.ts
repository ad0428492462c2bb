import { setTimeout } from 'node:timers/promises'
import { askHealth } from './check-running.ts'
import type { Config } from '../config/paths.ts'

export type Refusal = { readonly kind: 'refused'; readonly ms: number } | { readonly kind: 'unknown'; readonly why: string }

const LONGEST_MS = 3000
const EVERY_MS = 5

/** Asks the running gateway until it says that it is locked down: it looks at the same lock for every request. */
export async function awaitRefusal({ admin: { listen } }: Config, startedAt: number): Promise<Refusal> {
  if (listen.port === 0) return { kind: 'unknown', why: 'it has no port of its own' }
  while (performance.now() - startedAt < LONGEST_MS) {
    const said = await askHealth(listen.host ?? '127.0.0.1', listen.port)
    if (said.kind === 'nobody') return { kind: 'unknown', why: said.why }
    if (said.text.includes('"lockdown"')) return { kind: 'refused', ms: performance.now() - startedAt }
    await setTimeout(EVERY_MS)
  }
  return { kind: 'unknown', why: 'it does not see the lock: is it another store?' }
}
