import type { Duplex, Readable } from 'node:stream'
import type { HeaderField } from './decide/headers.ts'
import type { VaultVersion } from './parts.ts'

/** A body on its way: chunks that come before `start` are kept; one sink, once. */
export interface BodySource {
  /** Bytes, when known beforehand. */
  readonly length: number | null
  start(sink: BodySink): void
  /** After the sink's `chunk` said false: go on. */
  resume(): void
  /** The sink is gone: let the source's socket go, too. */
  cancel(reason: Error): void
}

export interface BodySink {
  /** False: full, wait for `resume`. */
  chunk(bytes: Uint8Array): boolean
  end(): void
  /** The body broke off: what was sent is not whole and must not look whole. */
  fail(cause: Error): void
}

/** What a door sends back. Field names in lower case, each line an entry of its own; framing is the door's. */
export interface Answer {
  readonly status: number
  readonly headers: readonly HeaderField[]
  readonly body: BodySource | Uint8Array | null
  /** With 101 only: what becomes of the connection. */
  readonly tunnel?: Tunnel
  /** The vault's credentials under which the API answers: a body that is still on its way ends when one of them is withdrawn. */
  readonly openedBy?: readonly VaultVersion[]
}

/** An upstream's end of a WebSocket, to be joined to the visitor's. One of the two is called, once. */
export interface Tunnel {
  /** The head of the answer was written; `early` came with the request. */
  join(visitor: Duplex, early: Uint8Array): void
  /** The visitor is gone. */
  abandon(): void
}

/** A request's body as a door found it. `length` is null for chunked transfer. */
export interface RequestBody {
  readonly stream: Readable
  readonly length: number | null
}

/** The visitor's end of a request that has no answer yet: when its socket closes, a door sets `gone` and calls `onGone`. */
export interface Departure {
  gone: boolean
  onGone: (() => void) | null
}
