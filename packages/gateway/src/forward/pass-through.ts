import type { Answer, Departure, RequestBody } from '../answer.ts'
import type { RequestHead } from '../decide/head.ts'
import { isLoop, type OutboundHead } from '../decide/outbound.ts'
import type { ApiRoute } from '../decide/route.ts'
import type { Visitor } from '../decide/session.ts'
import { GateError } from '../errors.ts'
import type { OpenCredential, UpstreamAnswer } from '../parts.ts'
import { fieldValue, isTextLike } from './content.ts'
import { credentialOf, noteUse } from './credential-of.ts'
import { dress, sendDressed } from './dress.ts'
import { type LeakGuard, openGuard } from './leak-guard.ts'
import { noteFailure, noteRejected, openersOf, type Trip, type WayParts } from './trip.ts'
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
    noteUse(trip)
    const dressing = dress(trip, credential)
    let { request, guarded } = dressing instanceof Promise ? await dressing : dressing
    if (guarded !== null) guard = openGuard(guarded)
    let answer = await sendDressed(trip, request, body, credential)
    const spare = answer.status === 401 && credential !== null ? await findSpare(trip, body, credential) : null
    if (spare !== null) {
      answer.body.cancel(new Error('asked again with another credential'))
      guard?.close()
      guard = null
      credential = spare
      ;({ request, guarded } = await dress(trip, spare))
      if (guarded !== null) guard = openGuard(guarded)
      answer = await sendDressed(trip, request, body, spare)
      noteRejected(trip, answer.status)
    }
    if (guard !== null && isPartOfText(answer) && request.method === 'GET') {
      answer.body.cancel(new Error('a part of a text'))
      answer = await sendDressed(trip, asWhole(request), body, credential)
    }
    try {
      const made = wayBack(trip, request.path, answer, guard)
      const back = made instanceof Promise ? await made : made
      return back.body === null || back.body instanceof Uint8Array ? back : withOpeners(back, credential, answer)
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

/** The answer, and what the vault opened for it; as it is when that is nothing. */
function withOpeners(back: Answer, credential: OpenCredential | null, answer: UpstreamAnswer): Answer {
  const openedBy = openersOf(credential, answer)
  return openedBy.length === 0 ? back : { ...back, openedBy }
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

/**
 * The API did not take the credential: is there another one to try? Only for what may be sent twice (RFC 9110 §9.2.2), and has nothing that
 * was read already. That there is none, or that it cannot be had, leaves the answer as it is.
 */
async function findSpare({ head, route, parts }: Trip, body: RequestBody | null, refused: OpenCredential): Promise<OpenCredential | null> {
  const { credential: name, upstreamOrigin } = route.api
  if (body !== null || !REPEATABLE.has(head.method) || name === null) return null
  try {
    return (await parts.vault.second?.(name, upstreamOrigin, head.at, refused)) ?? null
  } catch {
    return null
  }
}

const REPEATABLE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'DELETE'])
