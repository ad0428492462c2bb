import type { IncomingMessage, ServerResponse } from 'node:http'
import { systemClock } from '../clock.ts'
import { createVerifier, type Verdict } from '../policy/verifier.ts'
import type { VerifierOptions } from '../policy/policy.ts'
import { refusalAnswer, tell, type Refusal, type RefusalReason } from '../policy/refusal.ts'
import { isUnsignedClaim, type SignedRequest } from '../policy/signed-request.ts'
import { admitsClientCertificate, type ClientCertificatePins } from './client-certificate.ts'
import { discardContent, peekContent } from './node-content.ts'
import { messageOf } from './node-message.ts'
import { rememberSigned } from './signed.ts'

export interface NodeOptions extends VerifierOptions {
  /** Further fields, lower case, that the app must not see unless they are covered. */
  readonly dropAlso?: readonly string[]
  /** Pins the client certificate as well. The server must ask for one: `requestCert: true`. */
  readonly clientCertificate?: ClientCertificatePins
}

/** Judges Node requests, never rejects, and cleans the accepted ones: what the app then sees as the gateway's word, the gateway has signed. */
export function nodeJudge(options: NodeOptions): (request: IncomingMessage) => Promise<Verdict> {
  const verify = createVerifier(options)
  const pins = options.clientCertificate
  async function judge(request: IncomingMessage): Promise<Verdict> {
    if (pins !== undefined && !admitsClientCertificate(request.socket, pins, (options.clock ?? systemClock)())) {
      return refuse('unknown_client_certificate', 'not one of the pinned certificates', options)
    }
    const message = messageOf(request)
    if (message === null) return refuse('malformed', 'not a request in origin form with a Host', options)
    const verdict = await verify(message, (limit) => peekContent(request, limit))
    if (verdict.verdict === 'accepted') {
      clean(request, verdict.signed, options.dropAlso)
      rememberSigned(request, verdict.signed)
    }
    return verdict
  }
  // There is no path from a throw to the app.
  return (request) => judge(request).catch((error: unknown) => refuse('failure', String(error), options))
}

/**
 * Sends the one refusal. The connection closes every time: content may be left unread on it, and closing only then would tell how far
 * the request came.
 */
export async function sendRefusal(request: IncomingMessage, response: ServerResponse, { reason }: Refusal): Promise<void> {
  await discardContent(request)
  const { status, fields, body } = refusalAnswer(reason)
  if (request.httpVersionMajor === 1) response.setHeader('connection', 'close')
  for (const [name, value] of fields) response.setHeader(name, value)
  response.statusCode = status
  response.end(request.method === 'HEAD' ? '' : body)
}

function clean(request: IncomingMessage, signed: SignedRequest, dropAlso: readonly string[] | undefined): void {
  const unsigned = (name: string) => isUnsignedClaim(name, signed.fields, dropAlso)
  // Before the raw lines are cut: Node fills its views lazily, from as many raw lines as it once counted.
  cleanViews(request, unsigned)
  const kept: string[] = []
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index] ?? ''
    if (!unsigned(name)) kept.push(name, request.rawHeaders[index + 1] ?? '')
  }
  request.rawHeaders.splice(0, request.rawHeaders.length, ...kept)
  // With `ignoreHost` the line is whatever the proxy wrote; the signed name is what counts.
  request.headers.host = signed.authority
}

// Node's HTTP/2 requests have no distinct views, and requests that Fastify injects in tests have no trailers at all.
type Views = Pick<IncomingMessage, 'headers'> &
  Partial<Pick<IncomingMessage, 'headersDistinct' | 'trailers' | 'trailersDistinct' | 'rawTrailers'>>

function cleanViews(views: Views, unsigned: (name: string) => boolean): void {
  const { headers, headersDistinct = {}, trailers = {}, trailersDistinct = {}, rawTrailers = [] } = views
  for (const each of [headers, headersDistinct]) for (const name of Object.keys(each)) if (unsigned(name)) delete each[name]
  // No signature of the profile covers a trailer, so none is handed on.
  for (const each of [trailers, trailersDistinct]) for (const name of Object.keys(each)) delete each[name]
  rawTrailers.splice(0)
}

function refuse(reason: RefusalReason, detail: string, options: NodeOptions): Verdict {
  const refusal: Refusal = { reason, detail, keyid: null }
  tell(options.report, refusal)
  return { verdict: 'refused', refusal }
}
