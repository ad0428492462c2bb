import { hash } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { Answer, Departure } from '../answer.ts'
import { isSwitch } from '../decide/handshake.ts'
import { networkOf } from '../decide/ip.ts'
import type { RequestHead } from '../decide/head.ts'
import type { HeaderField } from '../decide/headers.ts'
import { isLoop, type OutboundHead } from '../decide/outbound.ts'
import { type ApiRoute, roleOf } from '../decide/route.ts'
import type { Visitor } from '../decide/session.ts'
import { GateError } from '../errors.ts'
import type { OpenCredential, StreamsPart, UpstreamAnswer, VaultVersion } from '../parts.ts'
import { credentialOf, noteUse } from './credential-of.ts'
import { fieldValue } from './content.ts'
import { dress, sendDressed } from './dress.ts'
import { type LeakGuard, openGuard } from './leak-guard.ts'
import { noteFailure, noteReflection, openersOf, type Trip, type WayParts } from './trip.ts'
import { createTunnel, type RunningTunnel } from './tunnel.ts'
import { wayBack } from './way-back.ts'

export interface SocketParts extends WayParts {
  readonly streams?: StreamsPart
}

/**
 * A judged WebSocket handshake's way to its upstream: 101 with a tunnel, or what the upstream answered instead, scrubbed. Rejects with
 * GateError. The credential is on the handshake, as on every request, and released when the connection ends.
 */
export async function openWebSocket(
  head: RequestHead,
  route: ApiRoute,
  visitor: Visitor,
  parts: SocketParts,
  departure?: Departure,
): Promise<Answer> {
  const { streams } = parts
  if (streams === undefined) throw new GateError('not_found', 'no WebSockets are opened here')
  if (isLoop(head, parts.via ?? parts.pseudonym)) throw new GateError('loop_detected', `${route.api.name} leads back to this gateway`)
  const giveBack = streams.takePlace(nameOf(visitor, head), parts.policy().webSockets)
  if (giveBack === null) throw new GateError('busy', 'too many WebSockets are open', { retryAfterMs: 10_000 })
  const trip: Trip = { head, route, visitor, parts, departure }
  let answer: Answer | null = null
  try {
    const credential = await credentialOf(trip)
    noteUse(trip)
    answer = await shakeHands(trip, credential, (upstream, guard, openedBy) =>
      run(trip, { visitor, openedBy, giveBack }, streams, upstream, guard),
    )
    return answer
  } catch (cause) {
    noteFailure(trip, cause)
    throw cause
  } finally {
    if (departure !== undefined) departure.onGone = null
    if (answer?.tunnel === undefined) giveBack()
  }
}

/** Whose places are counted: a session's, a visit's, or an address's. */
function nameOf(visitor: Visitor, head: RequestHead): string {
  switch (visitor.kind) {
    case 'known':
      return `session ${visitor.session.id}`
    case 'visitor':
      return `visit ${visitor.visit.id}`
    case 'machine':
      return `key ${visitor.key.id}`
    case 'bearer':
      return `jwt ${visitor.bearer.issuer} ${visitor.bearer.subject}`
    case 'stranger':
      return `address ${networkOf(head.client)}`
  }
}

type Run = (upstream: Duplex, guard: LeakGuard | null, openedBy: readonly VaultVersion[]) => RunningTunnel

async function shakeHands(trip: Trip, credential: OpenCredential | null, run: Run): Promise<Answer> {
  const { head } = trip
  let guard: LeakGuard | null = null
  try {
    const { request, guarded } = await dress(trip, credential, (bare) => asHandshake(head, bare))
    if (guarded !== null) guard = openGuard(guarded)
    const answer = await sendDressed(trip, request, null, credential)
    const { upgraded = null } = answer
    try {
      // Refused, redirected, or taken for an ordinary call: the visitor gets what any call would get.
      if (upgraded === null) return await wayBack(trip, request.path, answer, guard)
      const protocol = agreed(answer, head)
      return {
        status: 101,
        headers: switchFields(acceptOf(head), protocol),
        body: null,
        tunnel: run(upgraded, guard, openersOf(credential, answer)),
      }
    } catch (cause) {
      answer.body.cancel(cause instanceof Error ? cause : new Error('the answer cannot be passed on'))
      throw cause
    }
  } catch (cause) {
    if (guard === null) credential?.release()
    else guard.close()
    throw cause
  }
}

/** No Sec-WebSocket-Extensions: compressed frames could not be searched for the secret, and would hide how long a message is. */
function asHandshake(head: RequestHead, bare: OutboundHead): OutboundHead {
  const headers: HeaderField[] = [...bare.headers, ['sec-websocket-version', '13'], ['sec-websocket-key', keyOf(head)]]
  const protocols = head.headers.get('sec-websocket-protocol')
  if (protocols !== null) headers.push(['sec-websocket-protocol', protocols])
  return { ...bare, method: 'GET', headers, upgrade: 'websocket' }
}

/** The protocol that the upstream chose, or null. Throws when what it says is no answer to this handshake. */
function agreed({ status, headers }: UpstreamAnswer, head: RequestHead): string | null {
  const said = (name: string): string | null => fieldValue(headers, name)
  const protocol = said('sec-websocket-protocol')
  const offered = (head.headers.get('sec-websocket-protocol') ?? '').split(',').map((name) => name.trim())
  const answer = {
    upgrade: said('upgrade'),
    connection: said('connection'),
    accept: said('sec-websocket-accept'),
    protocol,
    extensions: said('sec-websocket-extensions'),
  }
  if (status === 101 && isSwitch(answer, acceptOf(head), offered)) return protocol
  throw new GateError('upstream_invalid', 'an answer to another handshake than this one')
}

function keyOf(head: RequestHead): string {
  return head.headers.get('sec-websocket-key') ?? ''
}

/** RFC 6455 §4.2.2 step 5.4. */
function acceptOf(head: RequestHead): string {
  return hash('sha1', `${keyOf(head)}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`, 'base64')
}

/** Nothing else of the upstream's answer passes: a browser shows none of it to a script, and a cookie would be set past the judgement. */
function switchFields(accept: string, protocol: string | null): readonly HeaderField[] {
  const fields: HeaderField[] = [
    ['upgrade', 'websocket'],
    ['connection', 'Upgrade'],
    ['sec-websocket-accept', accept],
  ]
  if (protocol !== null) fields.push(['sec-websocket-protocol', protocol])
  return fields
}

interface Holder {
  readonly visitor: Visitor
  readonly openedBy: readonly VaultVersion[]
  readonly giveBack: () => void
}

function run(trip: Trip, holder: Holder, streams: StreamsPart, upstream: Duplex, guard: LeakGuard | null): RunningTunnel {
  const { visitor, openedBy, giveBack } = holder
  const { api } = trip.route
  const session = visitor.kind === 'known' ? visitor.session : null
  const tunnel = createTunnel({
    upstream,
    searcher: guard?.searcher ?? null,
    mostBytes: api.limits.messageBytes,
    idleMs: api.limits.idleMs,
    onLeak: () => noteReflection(trip, 'frame'),
    onActivity: () => {
      if (session !== null) streams.active(session)
    },
    onOver() {
      leave()
      guard?.close()
      giveBack()
    },
  })
  const leave = streams.watch(visitor, roleOf(api.access), (because) => tunnel.cut(because), trip.head.client, openedBy)
  return tunnel
}
