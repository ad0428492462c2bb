import { Readable } from 'node:stream'
import type { RequestBody } from '../answer.ts'
import { GateError } from '../errors.ts'

/** A body that is here to its last byte, as bytes and as a body again. */
export interface WholeBody {
  readonly bytes: Buffer
  readonly body: RequestBody | null
}

/** For what can only be judged with the whole body. Throws GateError `body_too_large` beyond `mostBytes`, `bad_request` when it breaks off. */
export async function wholeBody(body: RequestBody | null, mostBytes: number): Promise<WholeBody> {
  if (body === null) return { bytes: Buffer.alloc(0), body: null }
  const tooLarge = (): GateError => new GateError('body_too_large', `a body that must be read whole is larger than ${mostBytes} bytes`)
  if (body.length !== null && body.length > mostBytes) throw tooLarge()
  const chunks: Buffer[] = []
  let size = 0
  try {
    // The stream is the request's socket: destroying it would take the answer with it.
    for await (const chunk of body.stream.iterator({ destroyOnReturn: false })) {
      const bytes = chunk as Buffer
      size += bytes.length
      if (size > mostBytes) throw tooLarge()
      chunks.push(bytes)
    }
  } catch (cause) {
    throw cause instanceof GateError ? cause : new GateError('bad_request', 'the body broke off', { cause })
  }
  const bytes = Buffer.concat(chunks)
  return { bytes, body: { stream: Readable.from([bytes]), length: bytes.length } }
}
