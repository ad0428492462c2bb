import { basename } from 'node:path'
import { auditEvent } from '../audit/event.ts'
import { GateError } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'
import type { Later } from '../lib/later.ts'
import type { Running } from '../serve.ts'
import { EXIT } from './outcome.ts'
import type { Terminal } from './terminal.ts'

export interface LastResortOptions {
  readonly terminal: Pick<Terminal, 'onCrash' | 'exitNow' | 'err'>
  /** Null until the gateway listens. */
  readonly running: () => Pick<Running, 'audit' | 'close'> | null
  readonly clock: Clock
  readonly later: Later
}

/** For the audit trail and the log to be written; whatever holds them up must not keep a broken process alive. */
const FLUSH_MS = 2000

/**
 * What nobody caught: nothing is known of the state that it left behind, so no further request is served. It goes into the audit trail,
 * what waits there is written, and the process ends with exit code 70 for its supervisor to start anew. Returns how to stop listening.
 */
export function lastResort({ terminal, running, clock, later }: LastResortOptions): () => void {
  let falling = false
  return terminal.onCrash((cause) => {
    if (falling) {
      terminal.exitNow(EXIT.internal)
      return
    }
    falling = true
    const what = nameOf(cause)
    terminal.err(`This is a mistake in cloakroom: ${what}. The gateway ends; please report it.\n`)
    later(() => terminal.exitNow(EXIT.internal), FLUSH_MS)
    const gateway = running()
    gateway?.audit.note(
      auditEvent({ kind: 'gateway.failed', at: clock(), result: 'failed', reason: what, detail: { at: placesOf(cause) } }),
    )
    void end(gateway, () => terminal.exitNow(EXIT.internal))
  })
}

async function end(gateway: Pick<Running, 'close'> | null, exit: () => void): Promise<void> {
  try {
    await gateway?.close(0)
  } finally {
    exit()
  }
}

/** The kind of the error, never its message: messages quote what they could not read (JSON.parse does), a secret included. */
function nameOf(cause: unknown): string {
  if (cause instanceof GateError) return cause.code
  if (!(cause instanceof Error)) return `a thrown ${typeof cause}`
  const code = 'code' in cause && typeof cause.code === 'string' && /^[A-Z][A-Z0-9_]*$/.test(cause.code) ? ` ${cause.code}` : ''
  return `${cause.constructor.name}${code}`
}

const MOST_PLACES = 6

/** `serve.ts:12 node.ts:34`: where it was thrown, by file and line. */
function placesOf(cause: unknown): string {
  const stack = cause instanceof Error ? (cause.stack ?? '') : ''
  const places = [...stack.matchAll(/^\s+at .*?([^\s(]+):(\d+):\d+\)?$/gm)].map(([, path = '', line]) => `${basename(path)}:${line}`)
  return places.slice(0, MOST_PLACES).join(' ')
}
