import { destination } from 'pino'
import type { RequestHead } from '../decide/head.ts'
import { GateError } from '../errors.ts'
import type { Clock } from '../lib/clock.ts'
import type { Later } from '../lib/later.ts'
import type { AccessLine, ObserverPart } from '../parts.ts'
import { plainText } from './plain-text.ts'
import { PLAIN_PARAMETERS, redactQuery } from './redact-query.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

type AddressOf = (client: string) => string

export interface AccessLogOptions {
  /** A path, or 1 for standard output. */
  readonly to: string | 1
  /** Passed requests are `info`, refused ones `warn`, exceptions `error`; what is below is not written. */
  readonly level: LogLevel | (() => LogLevel)
  readonly clock: Clock
  readonly later: Later
  /** What is written of a visitor's address; all of it when left out. */
  readonly addressOf?: AddressOf
  /** Query parameters whose values may be logged. */
  readonly plainParameters?: ReadonlySet<string>
}

/** The operator's log: one JSON line per request and per failure, of named fields only, never of whole headers. Lines leave in batches. */
export interface AccessLog extends ObserverPart {
  /** Lines that were dropped because nobody took them. */
  lost(): number
  /** After a log rotation. */
  reopen(): void
  close(): Promise<void>
}

/** Written when so much has gathered or after a second, whichever is first: a write per line costs more than the line. */
const BATCH_BYTES = 65_536
const BATCH_MS = 1000
const whole: AddressOf = (client) => client
/** A reader that does not read must not fill our memory. */
const MOST_BYTES = 8_388_608
const CLOSE_MS = 1000

export function openAccessLog({
  to,
  level,
  clock,
  later,
  plainParameters = PLAIN_PARAMETERS,
  addressOf = whole,
}: AccessLogOptions): AccessLog {
  const stream = destination({ dest: to, sync: false, maxLength: MOST_BYTES, maxWrite: 262_144, mode: 0o600, contentMode: 'buffer' })
  // Its types know text only.
  const sink = stream as unknown as { write(bytes: Uint8Array): boolean }
  const batch = Buffer.alloc(BATCH_BYTES)
  let filled = 0
  let lost = 0
  let callOff: (() => void) | null = null
  const least = (): LogLevel => (typeof level === 'function' ? level() : level)
  const writes = (line: LogLevel): boolean => LEVELS.indexOf(line) >= LEVELS.indexOf(least())

  // A full disk or a closed pipe must not end the gateway.
  stream.on('error', () => (lost += 1))
  stream.on('drop', (dropped: Buffer) => (lost += dropped.toString('latin1').split('\n').length - 1))

  // One write per batch: a tenth of what pino's formatter and a write per line take. Bytes, not text: a string that grows by pieces keeps
  // each of them alive until the collector has moved it twice.
  function write(line: string): void {
    // A UTF-16 unit takes at most three bytes of UTF-8.
    if (filled + line.length * 3 > BATCH_BYTES) flush()
    if (line.length * 3 > BATCH_BYTES) sink.write(Buffer.from(line))
    else filled += batch.write(line, filled)
    callOff ??= later(flush, BATCH_MS)
  }

  function flush(): void {
    callOff?.()
    callOff = null
    if (filled > 0) sink.write(Buffer.from(batch.subarray(0, filled)))
    filled = 0
  }

  return {
    access(line) {
      if (writes(levelOf(line))) write(accessLine(line, clock() - line.head.at, plainParameters, addressOf))
    },
    failure(head, cause) {
      write(`{"level":"error","event":"failure",${place(head, addressOf)},${JSON.stringify(failureFields(cause)).slice(1)}\n`)
    },
    lost: () => lost,
    reopen() {
      flush()
      if (to !== 1) stream.reopen()
    },
    close() {
      flush()
      return new Promise((resolve) => {
        // A reader that no longer reads must not keep the gateway from ending.
        const giveUp = later(() => stream.destroy(), CLOSE_MS)
        const done = (): void => {
          giveUp()
          resolve()
        }
        stream.once('close', done)
        stream.once('error', done)
        stream.end()
      })
    },
  }
}

function levelOf({ code }: AccessLine): LogLevel {
  return code === null ? 'info' : 'warn'
}

/** Written out by hand, because it is on every request's way: a third of the time of an object and JSON.stringify. */
function accessLine(
  { head, route, status, code, steps }: AccessLine,
  ms: number,
  plain: ReadonlySet<string>,
  addressOf: AddressOf,
): string {
  const query = head.query === '' ? '' : `,"query":${quoted(redactQuery(head.query, plain), 2048)}`
  const agent = quoted(head.headers.get('user-agent') ?? '', 256)
  // Why it was refused; a passed request's way is its route.
  const why = code === null ? '' : `,"code":${quoted(code, 64)},"steps":${JSON.stringify(steps)}`
  const what = `,"scheme":"${head.scheme}","host":${quoted(head.host, 255)}${query},"agent":${agent}`
  const outcome = `,"route":${route === null ? 'null' : quoted(route, 2048)},"status":${status},"ms":${ms}${why}}\n`
  return `{"level":"${code === null ? 'info' : 'warn'}","event":"access",${place(head, addressOf)}${what}${outcome}`
}

function place(head: RequestHead, addressOf: AddressOf): string {
  const request = `"request":${quoted(head.id, 64)},"address":${quoted(addressOf(head.client), 64)}`
  return `"at":"${isoTime(head.at)}",${request},"method":${quoted(head.method, 32)},"path":${quoted(head.path, 2048)}`
}

/** A JSON string of a text from outside. Nearly every one is plain ASCII without anything to escape: one look, no copy. */
function quoted(text: string, longest: number): string {
  return text.length <= longest && NOTHING_TO_ESCAPE.test(text) ? `"${text}"` : JSON.stringify(plainText(text, longest))
}

const NOTHING_TO_ESCAPE = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/

/** Under load many requests share a millisecond. */
let lastTime = { at: Number.NaN, text: '' }

function isoTime(at: number): string {
  if (lastTime.at !== at) lastTime = { at, text: new Date(at).toISOString() }
  return lastTime.text
}

/** Messages and stacks by hand: an error's other properties may hold a request with its headers (undici, Node's URL). */
function failureFields(cause: unknown): object {
  const chain: string[] = []
  let stack: string | undefined
  let next: unknown = cause
  while (next !== undefined && next !== null && chain.length < 5) {
    if (!(next instanceof Error)) {
      chain.push(`a thrown ${typeof next}`)
      break
    }
    chain.push(plainText(`${next.name}: ${next.message}`, 512))
    if (!(next instanceof GateError) && next.stack !== undefined) stack = placesOf(next.stack)
    next = next.cause
  }
  return {
    code: cause instanceof GateError ? cause.code : 'internal',
    message: chain.join(' ← '),
    ...(stack === undefined ? {} : { stack }),
  }
}

/** The lines of a stack that name places; the message is said already, bounded and cleaned. */
function placesOf(stack: string): string {
  const lines = stack.split('\n').filter((line) => /^\s+at /.test(line))
  return plainText(
    lines
      .slice(0, 12)
      .map((line) => line.trim())
      .join(' | '),
    2048,
  )
}
