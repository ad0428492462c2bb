import { readFileSync } from 'node:fs'

/** Raw bytes for one connection, and what must come of them. `send` is ISO 8859-1 text; see `bytesOf` for its placeholders. */
export interface FramingCase {
  readonly id: string
  readonly why: string
  readonly send: string
  /** Of the answers, in order; none: the message is not whole, and the gateway waits. */
  readonly statuses: readonly number[]

  /** Does the connection end? Null: either. */
  readonly closed: boolean | null
  /** What the upstream may see: method, target and body. */
  readonly upstream: readonly string[]
  /** The answer has no body, because it answers HEAD. */
  readonly head?: boolean
}

export function readFramingCorpus(): readonly FramingCase[] {
  return JSON.parse(readFileSync(new URL('corpora/framing.json', import.meta.url), 'utf8')) as FramingCase[]
}

/** `@@HOST@@` is the right Host line, `@@NAME@@` its value, `@@PORT@@` the port, `@@20000×a@@` the letter 20,000 times. */
export function bytesOf(send: string, port: number): Buffer {
  const text = send
    .replaceAll('@@HOST@@', `Host: localhost:${port}`)
    .replaceAll('@@NAME@@', `localhost:${port}`)
    .replaceAll('@@PORT@@', String(port))
    .replaceAll(/@@(\d+)×([^@]+)@@/g, (_whole, times: string, what: string) => what.repeat(Number(times)))
  return Buffer.from(text, 'latin1')
}
