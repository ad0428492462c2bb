import { randomNonce } from '@cloakroom/signature'
import { contextOf } from '../decide/context.ts'
import { place } from '../decide/credential.ts'
import { needlesOf } from '../decide/needles.ts'
import type { OutboundHead } from '../decide/outbound.ts'
import type { Assertion } from '../decide/policy.ts'
import { Secret } from '../decide/secret.ts'
import { GateError } from '../errors.ts'
import { compactJwt, JOSE_NAMES } from '../lib/compact-jwt.ts'
import { systemClock } from '../lib/clock.ts'
import type { OpenCredential } from '../parts.ts'
import type { Trip } from './trip.ts'

/** What must not come back in the answer, and what to do when it is over. */
export type Guarded = Pick<OpenCredential, 'needles' | 'release'>

/**
 * Puts a JWT of the gateway's own on the request (RFC 7519): who calls, for this API alone, for seconds. For APIs that read JWTs already.
 * Until it has expired whoever has it could call the API with it, so the answer is searched for it as for any secret.
 */
export async function withAssertion(
  trip: Trip,
  assertion: Assertion,
  request: OutboundHead,
  credential: OpenCredential | null,
): Promise<{ readonly request: OutboundHead; readonly guarded: Guarded }> {
  const { route, parts } = trip
  if (credential !== null && fieldOf(credential.placement) === fieldOf(assertion.placement)) {
    throw new GateError('credential_unavailable', `${route.api.name}: its secret and its assertion want the same field`)
  }
  const { clock = systemClock, vault } = parts
  const at = clock()
  const opened = await vault.openSigner?.(assertion.key, request.origin, at)
  // Fail closed: without a key for this origin the API is not called.
  if (opened === undefined) throw new GateError('credential_unavailable', `${route.api.name}: nothing here signs`)
  if (!opened.origins.includes(request.origin)) throw new GateError('credential_unavailable', `a key not sealed for ${request.origin}`)
  const { key } = opened
  // RFC 8725 §3.11: a type of its own, so that it is never taken for an ID token or an access token.
  const header = { alg: JOSE_NAMES[key.algorithm], typ: 'cloakroom+jwt', kid: key.keyid }
  const jwt = await compactJwt(header, claimsOf(trip, assertion, Math.floor(at / 1000)), (text) => key.sign(text))
  const secret = new Secret(Uint8Array.from(Buffer.from(jwt)))
  // Without its signature a JWT opens nothing; the rest of it is no secret.
  const needles = needlesOf([Buffer.from(jwt.slice(jwt.lastIndexOf('.') + 1))])
  const placed = place(request, assertion.placement, secret)
  secret.wipe()
  return {
    request: placed,
    guarded: { needles: [...(credential?.needles ?? []), ...needles], release: () => credential?.release() },
  }
}

/** The field that a placement writes; null for the query. */
export function fieldOf(placement: Assertion['placement'] | OpenCredential['placement']): string | null {
  if (placement.kind === 'query') return null
  return placement.kind === 'header' ? placement.name : 'authorization'
}

function claimsOf({ head, visitor, parts }: Trip, { audience, lifetimeMs, context }: Assertion, now: number): object {
  const told = contextOf(context, head, visitor)
  return {
    iss: parts.policy().publicOrigin,
    aud: audience,
    iat: now,
    // Two clocks differ: an API that has the wrong time by a moment would refuse everything (RFC 7519 §4.1.5).
    nbf: now - AHEAD_SECONDS,
    exp: now + Math.round(lifetimeMs / 1000),
    jti: randomNonce(),
    ...(told.account === null ? {} : { sub: told.account }),
    ...(context.includes('roles') ? { roles: told.roles } : {}),
    ...(context.includes('factors') ? { amr: told.factors } : {}),
    ...(told.address === null ? {} : { ip: told.address }),
    ...(told.request === null ? {} : { rid: told.request }),
  }
}

const AHEAD_SECONDS = 5
