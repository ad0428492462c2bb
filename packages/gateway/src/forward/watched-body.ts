import type { Answer, BodySink, BodySource } from '../answer.ts'
import { accessOf, roleOf, type Route } from '../decide/route.ts'
import type { Visitor } from '../decide/session.ts'
import { GateError } from '../errors.ts'
import type { CutReason, StreamsPart, VaultVersion } from '../parts.ts'

/** An answer that is still on its way when its head goes out is cut when its session or visit ends; one that is here whole costs nothing. */
export function watched(answer: Answer, visitor: Visitor, client: string, route: Route, streams: StreamsPart | undefined): Answer {
  const { body } = answer
  if (body === null || body instanceof Uint8Array || streams === undefined) return answer
  const access = accessOf(route)
  const endless = isEndless(answer)
  // What all may have, and what no credential opened, hangs on nothing: only the end of the gateway ends it.
  if (access.kind === 'public' && !endless && answer.openedBy === undefined) return answer
  return { ...answer, body: new WatchedBody(body, endless, { visitor, client, openedBy: answer.openedBy }, roleOf(access), streams) }
}

function isEndless({ headers }: Answer): boolean {
  return headers.some(([name, value]) => name === 'content-type' && value.toLowerCase().startsWith('text/event-stream'))
}

interface Reader {
  readonly visitor: Visitor
  readonly client: string
  readonly openedBy: readonly VaultVersion[] | undefined
}

/** A body that leaves the list of live streams when it is over, however it ends. */
class WatchedBody implements BodySource, BodySink {
  readonly length: number | null
  readonly #source: BodySource
  readonly #leave: () => void
  #sink: BodySink | null = null
  #cut: Error | null = null
  #over = false

  constructor(source: BodySource, endless: boolean, { visitor, client, openedBy }: Reader, role: string | null, streams: StreamsPart) {
    this.length = source.length
    this.#source = source
    const cut = (because: CutReason): void => {
      // A download may use the grace that a stopping gateway gives; a stream of events would use all of it, and its reader comes back anyway.
      if (because !== 'stopping' || endless)
        this.#end(
          new GateError(
            because === 'credential-withdrawn' ? 'credential_unavailable' : 'session_required',
            `the stream was cut: ${because}`,
          ),
        )
    }
    this.#leave = streams.watch(visitor, role, cut, client, openedBy)
  }

  start(sink: BodySink): void {
    this.#sink = sink
    if (this.#cut === null) this.#source.start(this)
    else sink.fail(this.#cut)
  }

  resume(): void {
    if (!this.#over) this.#source.resume()
  }

  cancel(reason: Error): void {
    if (this.#over) return
    this.#finish()
    this.#source.cancel(reason)
  }

  chunk(bytes: Uint8Array): boolean {
    return !this.#over && this.#sink !== null && this.#sink.chunk(bytes)
  }

  end(): void {
    if (this.#over) return
    this.#finish()
    this.#sink?.end()
  }

  fail(cause: Error): void {
    if (this.#over) return
    this.#finish()
    this.#sink?.fail(cause)
  }

  #end(reason: Error): void {
    if (this.#over) return
    this.#finish()
    this.#cut = reason
    this.#source.cancel(reason)
    // Not whole, and it must not look whole.
    this.#sink?.fail(reason)
  }

  #finish(): void {
    this.#over = true
    this.#leave()
  }
}
