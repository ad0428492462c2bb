import { createVerifier } from '../policy/verifier.ts'
import type { VerifierOptions } from '../policy/policy.ts'
import { splitTarget, type RequestMessage } from '../message/message.ts'
import { failed, fine, type Outcome } from '../outcome.ts'
import { refusalAnswer, type RefusalReason } from '../policy/refusal.ts'
import { isUnsignedClaim, type SignedRequest } from '../policy/signed-request.ts'
import { rememberSigned } from './signed.ts'

export interface FetchOptions extends VerifierOptions {
  /** Further fields, lower case, that the app must not see unless they are covered. */
  readonly dropAlso?: readonly string[]
}

export type FetchVerdict =
  | { readonly verdict: 'accepted'; readonly request: Request; readonly signed: SignedRequest }
  | { readonly verdict: 'refused'; readonly response: Response }

/** Judges a fetch `Request`. The accepted one is a new object with the same content and without unsigned claims. */
export function fetchJudge(options: FetchOptions): (request: Request) => Promise<FetchVerdict> {
  const verify = createVerifier(options)
  return async (request) => {
    let body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | null = request.body
    const verdict = await verify(messageOf(request), async (limit) => {
      const content = await readBounded(request, limit)
      if (content.ok) body = content.value.length > 0 ? content.value : null
      return content
    })
    if (verdict.verdict === 'refused') return { verdict: 'refused', response: refusalResponse(verdict.refusal.reason) }
    const headers = new Headers([...request.headers].filter(([name]) => !isUnsignedClaim(name, verdict.signed.fields, options.dropAlso)))
    headers.set('host', verdict.signed.authority)
    const clean = new Request(request.url, { method: request.method, headers, body, signal: request.signal, duplex: 'half' })
    rememberSigned(clean, verdict.signed)
    return { verdict: 'accepted', request: clean, signed: verdict.signed }
  }
}

// The platform has parsed the target already. Where it changed the path, the signature does not hold: refused, never misread.
function messageOf(request: Request): RequestMessage {
  const url = new URL(request.url)
  const target = splitTarget(url.pathname + url.search) ?? { path: url.pathname, query: null }
  const scheme = url.protocol === 'https:' ? 'https' : null
  return { kind: 'request', method: request.method, scheme, authority: url.host, ...target, fields: [...request.headers] }
}

async function readBounded(
  request: Request,
  limit: number,
): Promise<Outcome<Uint8Array<ArrayBuffer>, 'content_too_large' | 'content_unavailable'>> {
  if (request.bodyUsed) return failed('content_unavailable', 'the content was read before: install this before anything that reads it')
  if (request.body === null) return fine(new Uint8Array())
  const chunks: Uint8Array[] = []
  let size = 0
  const reader: ReadableStreamDefaultReader<Uint8Array> = request.body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return fine(joined(chunks, size))
    size += value.length
    if (size > limit) {
      await reader.cancel()
      return failed('content_too_large', `more than ${limit} bytes`)
    }
    chunks.push(value)
  }
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    all.set(chunk, at)
    at += chunk.length
  }
  return all
}

function refusalResponse(reason: RefusalReason): Response {
  const { status, fields, body } = refusalAnswer(reason)
  return new Response(body, { status, headers: fields.map(([name, value]): [string, string] => [name, value]) })
}
