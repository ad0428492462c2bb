import type { Answer, BodySource } from '../answer.ts'
import type { HeaderField } from '../decide/headers.ts'
import { isRedirect, scrub } from '../decide/scrub.ts'
import { GateError } from '../errors.ts'
import { type Awaitable, onceHere } from '../lib/awaitable.ts'
import type { UpstreamAnswer } from '../parts.ts'
import { asIdentity, fieldValue, isEventStream, isTextLike } from './content.ts'
import { codingOf, decoded } from './decode.ts'
import { GuardedBody } from './guarded-body.ts'
import type { LeakGuard } from './leak-guard.ts'
import { withOwnFields } from './own-fields.ts'
import { noteFailure, noteReflection, type Trip } from './trip.ts'

/** An upstream's answer → ours: scrubbed, searched, with our own fields. `sentPath` is the path that was asked for. Throws GateError; closes the guard unless it throws. */
export function wayBack(trip: Trip, sentPath: string, answer: UpstreamAnswer, guard: LeakGuard | null): Awaitable<Answer> {
  const { head, route, parts } = trip
  const scrubbed = scrub(answer, route.api, sentPath)
  if (scrubbed.kind === 'blocked-redirect')
    throw new GateError('upstream_redirect', `${route.api.name}: ${answer.status} to where it may not send`)
  const hasBody = head.method !== 'HEAD' && answer.status !== 204 && answer.status !== 304
  const content = guard === null ? { headers: scrubbed.headers, body: answer.body } : readable(trip, scrubbed.headers, answer, hasBody)
  const passed = guard === null ? content.headers : withoutLeaks(trip, content.headers, answer.status, guard)
  const headers = withOwnFields(passed, head, route, parts.policy())
  if (hasBody) return onceHere(guarded(trip, content, guard), (body) => ({ status: answer.status, headers, body }))
  guard?.close()
  return { status: answer.status, headers, body: head.method === 'HEAD' ? content.body : null }
}

interface Content {
  readonly headers: readonly HeaderField[]
  readonly body: BodySource
}

/** The content as the search can read it. What it cannot read is not passed on. */
function readable({ route: { api } }: Trip, headers: readonly HeaderField[], answer: UpstreamAnswer, hasBody: boolean): Content {
  const { status, body } = answer
  // By what the upstream said, not by what passes: a field that Connection names is dropped, and the body would still be coded.
  const coding = codingOf(fieldValue(answer.headers, 'content-encoding'))
  // A range can begin or end inside the secret: neither half is recognised, and together they are all of it (RFC 9110 §14).
  if (status === 206) {
    if (isTextLike(fieldValue(headers, 'content-type'))) throw new GateError('answer_withheld', `${api.name}: a part of a text`)
    if (coding !== 'identity') throw new GateError('upstream_invalid', `${api.name}: a part of an encoded body`)
  }
  if (coding === 'identity') return { headers, body }
  if (coding === null) {
    if (hasBody) throw new GateError('upstream_invalid', `${api.name}: an encoding that was not asked for and cannot be read`)
    return { headers: asIdentity(headers), body: { ...NO_BODY, cancel: (reason) => body.cancel(reason) } }
  }
  return { headers: asIdentity(headers), body: decoded(body, coding, api.limits.responseBytes) }
}

const NO_BODY: BodySource = {
  length: null,
  start: (sink) => sink.end(),
  resume: () => undefined,
  cancel: () => undefined,
}

function withoutLeaks(trip: Trip, headers: readonly HeaderField[], status: number, guard: LeakGuard): readonly HeaderField[] {
  const leaking = guard.leaking(headers)
  if (leaking.length === 0) return headers
  noteReflection(trip, 'field')
  // A redirect without its target is no answer at all.
  const essential = isRedirect(status) && leaking.some(([name]) => name === 'location')
  if (trip.route.api.onLeak === 'withhold' || essential)
    throw new GateError('answer_withheld', `${trip.route.api.name}: the credential in a field`)
  return headers.filter((field) => !leaking.includes(field))
}

function guarded(trip: Trip, { headers, body }: Content, guard: LeakGuard | null): Awaitable<BodySource | Uint8Array> {
  const { route, departure } = trip
  const withhold = guard !== null && route.api.onLeak === 'withhold'
  let answered = false
  const searched = new GuardedBody(
    {
      source: body,
      stopper: guard?.stopperFor(fieldValue(headers, 'content-type')) ?? null,
      withhold,
      onLeak: () => noteReflection(trip, 'body'),
      onOver: (failure) => {
        guard?.close()
        // Until the head is out, whoever gets the failure notes it.
        if (answered) noteFailure(trip, failure)
      },
    },
    body.length,
  )
  const begun = (): BodySource | Uint8Array => {
    if (searched.failure !== null) throw searched.failure
    answered = true
    return searched.takeWhole() ?? searched
  }
  if (!withhold || searched.isSearched || isEventStream(fieldValue(headers, 'content-type'))) return begun()
  if (departure !== undefined) departure.onGone = () => searched.cancel(new GateError('bad_request', 'the visitor is gone'))
  return searched.searched().then(begun)
}
