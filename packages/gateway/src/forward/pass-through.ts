import type { Answer, Departure, RequestBody } from '../answer.ts'
import { place } from '../decide/credential.ts'
import type { RequestHead } from '../decide/head.ts'
import { isLoop, outbound, type OutboundHead } from '../decide/outbound.ts'
import type { ApiRoute } from '../decide/route.ts'
import type { Visitor } from '../decide/session.ts'
import { GateError } from '../errors.ts'
import type { Awaitable } from '../lib/awaitable.ts'
import type { OpenCredential, UpstreamAnswer } from '../parts.ts'
import { fieldValue, isTextLike } from './content.ts'
import { credentialOf } from './credential-of.ts'
import { type LeakGuard, openGuard } from './leak-guard.ts'
import { sendSigned } from './signed.ts'
import { noteFailure, type Trip, type WayParts } from './trip.ts'
import { wayBack } from './way-back.ts'

/**
 * A judged request's way to its upstream and the answer's way back. Rejects with GateError; then nothing of the answer reaches the
 * visitor, and the credential is released. Else it is released when the answer's body is over.
 */
export async function passThrough(
  head: RequestHead,
  body: RequestBody | null,
  route: ApiRoute,
  visitor: Visitor,
  parts: WayParts,
  departure?: Departure,
): Promise<Answer> {
  // RFC 9110 §9.3.1: such a body means nothing, and is a second request to a server that does not expect it. Always refused, never dropped.
  if (body !== null && (head.method === 'GET' || head.method === 'HEAD')) throw new GateError('bad_request', `${head.method} with a body`)
  // RFC 9110 §9.3.5 says the same of DELETE, but for servers that are known to want it: the owner says which.
  if (body !== null && head.method === 'DELETE' && !route.api.deleteBody) throw new GateError('bad_request', 'DELETE with a body')
  if (isLoop(head, parts.via ?? parts.pseudonym)) throw new GateError('loop_detected', `${route.api.name} leads back to this gateway`)
  const trip: Trip = { head, route, visitor, parts, departure }
  let credential: OpenCredential | null = null
  let guard: LeakGuard | null = null
  try {
    const opened = credentialOf(trip)
    credential = opened instanceof Promise ? await opened : opened
    const bare = outbound(head, route, { pseudonym: parts.pseudonym, via: parts.via, identityOnly: credential !== null })
    const request = credential === null ? bare : withCredential(bare, credential)
    if (credential !== null) guard = openGuard(credential)
    let answer = await send(trip, request, body, credential)
    if (guard !== null && isPartOfText(answer) && request.method === 'GET') {
      answer.body.cancel(new Error('a part of a text'))
      answer = await send(trip, asWhole(request), body, credential)
    }
    try {
      const back = wayBack(trip, request.path, answer, guard)
      return back instanceof Promise ? await back : back
    } catch (cause) {
      answer.body.cancel(cause instanceof Error ? cause : new Error('the answer cannot be passed on'))
      throw cause
    }
  } catch (cause) {
    if (guard === null) credential?.release()
    else guard.close()
    noteFailure(trip, cause)
    throw cause
  } finally {
    // From here on the door holds the body, and cancels that.
    if (departure !== undefined) departure.onGone = null
  }
}

function send(trip: Trip, request: OutboundHead, body: RequestBody | null, credential: OpenCredential | null): Awaitable<UpstreamAnswer> {
  const { api } = trip.route
  return api.sign === null
    ? trip.parts.forward.send(request, body, api, trip.departure)
    : sendSigned(trip, api.sign, request, body, credential)
}

/**
 * A part of a text could hold half of the secret, and is asked for once more as a whole, which a server may always send (RFC 9110 §14.2).
 * Only GET has ranges, and only it is sent twice.
 */
function isPartOfText({ status, headers }: UpstreamAnswer): boolean {
  return status === 206 && isTextLike(fieldValue(headers, 'content-type'))
}

function asWhole(request: OutboundHead): OutboundHead {
  return { ...request, headers: request.headers.filter(([name]) => name !== 'range' && name !== 'if-range') }
}

/** Compared once more with what is sealed, by the one who sends it: a secret that went to a wrong origin cannot be called back. */
export function withCredential(bare: OutboundHead, credential: OpenCredential): OutboundHead {
  if (!credential.origins.includes(bare.origin)) throw new GateError('credential_unavailable', `not sealed for ${bare.origin}`)
  return place(bare, credential.placement, credential.secret)
}
