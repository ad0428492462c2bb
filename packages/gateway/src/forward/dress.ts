import type { RequestBody } from '../answer.ts'
import { place } from '../decide/credential.ts'
import { outbound, type OutboundHead } from '../decide/outbound.ts'
import { GateError } from '../errors.ts'
import type { Awaitable } from '../lib/awaitable.ts'
import type { OpenCredential, UpstreamAnswer } from '../parts.ts'
import { type Guarded, withAssertion } from './asserted.ts'
import { sendSigned } from './signed.ts'
import type { Trip } from './trip.ts'

/** A request with everything that proves to the API who sends it, and what of it must not come back. */
export interface Dressed {
  readonly request: OutboundHead
  /** Null when the answer may be passed on unread. */
  readonly guarded: Guarded | null
}

/** `finish` changes the bare request, as a handshake needs it, before anything is placed. */
export function dress(
  trip: Trip,
  credential: OpenCredential | null,
  finish = (bare: OutboundHead): OutboundHead => bare,
): Awaitable<Dressed> {
  const { head, route, parts } = trip
  const { assertion } = route.api
  const identityOnly = credential !== null || assertion !== null
  const bare = finish(outbound(head, route, { pseudonym: parts.pseudonym, via: parts.via, identityOnly }))
  const request = credential === null ? bare : withCredential(bare, credential)
  return assertion === null ? { request, guarded: credential } : withAssertion(trip, assertion, request, credential)
}

/** One round trip, signed where the API demands it. */
export function sendDressed(
  trip: Trip,
  request: OutboundHead,
  body: RequestBody | null,
  credential: OpenCredential | null,
): Awaitable<UpstreamAnswer> {
  const { route, parts, departure } = trip
  const { sign } = route.api
  return sign === null ? parts.forward.send(request, body, route.api, departure) : sendSigned(trip, sign, request, body, credential)
}

/** Compared once more with what is sealed, by the one who sends it: a secret that went to a wrong origin cannot be called back. */
function withCredential(bare: OutboundHead, credential: OpenCredential): OutboundHead {
  if (!credential.origins.includes(bare.origin)) throw new GateError('credential_unavailable', `not sealed for ${bare.origin}`)
  return place(bare, credential.placement, credential.secret)
}
