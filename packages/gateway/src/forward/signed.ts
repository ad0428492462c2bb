import { Readable } from 'node:stream'
import { CONTEXT_FIELD, createSigner, writeContext, type RequestMessage } from '@cloakroom/signature'
import type { RequestBody } from '../answer.ts'
import { contextOf } from '../decide/context.ts'
import type { HeaderField } from '../decide/headers.ts'
import type { OutboundHead } from '../decide/outbound.ts'
import type { Signing } from '../decide/policy.ts'
import { GateError } from '../errors.ts'
import { systemClock } from '../lib/clock.ts'
import type { OpenCredential, UpstreamAnswer } from '../parts.ts'
import { isBrokenConnection } from './failure.ts'
import type { Trip } from './trip.ts'
import { wholeBody } from './whole-body.ts'

/**
 * One round trip under a signature: what the upstream is told of the visitor, the body's digest and the credential's field are covered by
 * it. Sent again only with a new one, because a nonce works once. Throws as `forward.send` does, and when there is no key to sign with.
 */
export async function sendSigned(
  trip: Trip,
  signing: Signing,
  placed: OutboundHead,
  body: RequestBody | null,
  credential: OpenCredential | null,
): Promise<UpstreamAnswer> {
  const { route, parts, departure } = trip
  const content = body === null || signing.body === 'unsigned' ? null : (await wholeBody(body, signing.maxBody)).bytes
  const request = withContext(placed, trip, signing)
  const send = async (): Promise<UpstreamAnswer> => {
    const head = await signedHead(request, content, trip, signing, credential)
    const sent = content === null ? body : { stream: Readable.from([content]), length: content.length }
    return await parts.forward.send(head, sent, route.api, departure)
  }
  try {
    return await send()
  } catch (cause) {
    // The upstream closed an idle connection as the request went out: the forwarder does not repeat what is signed.
    const safe = body === null && (request.method === 'GET' || request.method === 'HEAD') && request.upgrade === undefined
    if (safe && cause instanceof GateError && isBrokenConnection(cause.cause)) return await send()
    throw cause
  }
}

function withContext(request: OutboundHead, { head, visitor }: Trip, { context }: Signing): OutboundHead {
  if (context.length === 0) return request
  const told = contextOf(context, head, visitor)
  const field = writeContext({
    account: told.account,
    roles: told.roles,
    factors: told.factors,
    assurance: null,
    address: told.address,
    requestId: told.request,
  })
  return { ...request, headers: [...request.headers, [CONTEXT_FIELD, field]] }
}

async function signedHead(
  request: OutboundHead,
  content: Uint8Array | null,
  { route, parts }: Trip,
  signing: Signing,
  credential: OpenCredential | null,
): Promise<OutboundHead> {
  const { clock = systemClock, vault } = parts
  const at = clock()
  const opened = await vault.openSigner?.(signing.key, request.origin, at)
  // Fail closed: an API that demands signatures is not called without one, and a key signs for its own origins only.
  if (opened === undefined) throw new GateError('credential_unavailable', `${route.api.name}: nothing here signs`)
  if (!opened.origins.includes(request.origin)) throw new GateError('credential_unavailable', `a key not sealed for ${request.origin}`)
  const sign = createSigner({
    key: opened.key,
    coverAlso: [credential?.placement, route.api.assertion?.placement].flatMap((each) => (each?.kind === 'header' ? [each.name] : [])),
    content: signing.body,
    clock: () => Math.floor(at / 1000),
  })
  const signed = await sign(messageOf(request), content)
  if (!signed.ok) throw new GateError('bad_request', `${route.api.name}: a request that cannot be signed: ${signed.detail}`)
  return {
    ...request,
    headers: [...request.headers, ...signed.value.fields.map(([name, value]): HeaderField => [name, value])],
    once: true,
  }
}

/** The request as it will stand on the wire: signing any other spelling would be found out by the API alone. */
function messageOf({ method, origin, path, query, headers }: OutboundHead): RequestMessage {
  const { host, protocol } = new URL(origin)
  return {
    kind: 'request',
    method,
    scheme: protocol === 'https:' ? 'https' : 'http',
    authority: host,
    path,
    query: query === '' ? null : query,
    fields: headers,
  }
}
