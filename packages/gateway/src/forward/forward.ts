import type { Readable } from 'node:stream'
import type { LookupFunction } from 'node:net'
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import { Pool } from 'undici'
import type { Departure, RequestBody } from '../answer.ts'
import type { OutboundHead } from '../decide/outbound.ts'
import type { Api } from '../decide/policy.ts'
import { GateError } from '../errors.ts'
import type { ForwardPart, UpstreamAnswer } from '../parts.ts'
import type { Awaitable } from '../lib/awaitable.ts'
import { systemClock, type Clock } from '../lib/clock.ts'
import { backgroundLater, type Later } from '../lib/later.ts'
import { createBreaker } from './breaker.ts'
import type { ClientIdentity } from './client-identity.ts'
import { guardedLookup, type Resolve } from './guarded-lookup.ts'
import { type Lane, RoundTrip } from './round-trip.ts'
import { wireFields, wireTarget } from './wire.ts'

export interface ForwardOptions {
  /** Further authorities that may vouch for an upstream: its origin → PEM. The system's own stay trusted. */
  readonly upstreamCa?: ReadonlyMap<string, string>
  /** Connections to one upstream, whatever its API's limit says. */
  readonly connections?: number
  /** Requests that may wait for one of them, each for as long as a connect may take; more get `busy`. */
  readonly waiting?: number
  readonly clock?: Clock
  readonly later?: Later
  /** Asks the DNS; the system's own resolver by default. */
  readonly resolve?: Resolve
}

type Send = (...request: Parameters<ForwardPart['send']>) => Promise<UpstreamAnswer>

export interface Forward extends ForwardPart {
  send: Send
  /** The same way out under other authorities. Connections that nothing of this changes are shared with it. */
  trusting(upstreamCa: ReadonlyMap<string, string>, identities?: Identities): ForwardPart
  /** Lets go of the connections to every upstream but these, as soon as what runs on them has ended. */
  keepOnly(origins: ReadonlySet<string>): void
  close(): Promise<void>
}

const WAITING = 256

/** By the API's name: what is shown to it. Throws GateError when it cannot be used now. */
export type Identities = ReadonlyMap<string, () => Awaitable<ClientIdentity>>

interface OpenLane extends Lane {
  readonly origin: string
  readonly pool: Pool
  readonly connections: number
  /** Nothing new is sent on it. */
  leaving: boolean
}

/** The way out: one pool of verified HTTP/1.1 connections for each upstream. `close` ends them, requests in flight included. */
export function createForward(options: ForwardOptions = {}): Forward {
  const { connections: most, waiting = WAITING, upstreamCa = NOBODY_ELSE, clock = systemClock, later = backgroundLater, resolve } = options
  const lanes = new Map<string, OpenLane>()
  const leaving = new Set<Pool>()
  /** By API and upstream: the lane under the certificate that was shown last. */
  const showing = new Map<string, OpenLane>()
  let closed = false

  function laneOf(
    { upstreamOrigin: origin, limits, privateNetwork: anywhere }: Api,
    ca: string | null,
    shown: ClientIdentity | null,
  ): OpenLane {
    const { connectMs } = limits
    const connections = most ?? limits.connections
    const key = `${connections} ${connectMs} ${anywhere} ${origin}${ca === null ? '' : ` ${ca}`}${shown === null ? '' : ` ${shown.id}`}`
    const known = lanes.get(key)
    if (known !== undefined) return known
    // `localhost` says where it leads, as an address does; every other name can be turned by somebody else (HTTP-28).
    const connect = { timeout: connectMs, lookup: guardedLookup(resolve, anywhere || new URL(origin).hostname === 'localhost') }
    const pool = openPool(origin, connect, connections, ca, shown)
    const lane = { origin, pool, shown: shown?.from ?? null, connections, inFlight: 0, breaker: createBreaker(clock), leaving: false }
    lanes.set(key, lane)
    return lane
  }

  /** Nothing new is sent on it; what runs on it may end, for a while. */
  function retire(lane: OpenLane, lingerMs: number | null): void {
    if (lane.leaving) return
    const { pool } = lane
    // Out of the map first: who still needs it opens another one.
    for (const [key, known] of lanes) if (known === lane) lanes.delete(key)
    lane.leaving = true
    leaving.add(pool)
    const callOff = lingerMs === null ? undefined : later(() => void pool.destroy(), lingerMs)
    void pool
      .close()
      .catch(() => undefined)
      .finally(() => {
        callOff?.()
        leaving.delete(pool)
      })
  }

  /** The lane under this certificate; the one under the certificate before ends. */
  function laneShowing(api: Api, ca: string | null, shown: ClientIdentity): OpenLane {
    const lane = laneOf(api, ca, shown)
    if (showing.get(ownerOf(api)) !== lane) showNothing(api)
    showing.set(ownerOf(api), lane)
    return lane
  }

  function showNothing(api: Api): void {
    const before = showing.get(ownerOf(api))
    if (before !== undefined) retire(before, LINGER_MS)
    showing.delete(ownerOf(api))
  }

  type Authorities = ReadonlyMap<string, string>

  function start(
    request: OutboundHead,
    body: RequestBody | null,
    api: Api,
    departure: Departure | undefined,
    lane: OpenLane,
  ): Promise<UpstreamAnswer> {
    const { requestBytes, connectMs, headMs, idleMs } = api.limits
    if (closed) throw new GateError('stopping', 'no more requests are sent')
    if (request.origin !== api.upstreamOrigin) throw new GateError('internal', `a request of ${api.name} was about to go elsewhere`)
    if (body !== null && body.length !== null && body.length > requestBytes) {
      throw new GateError('body_too_large', `${api.name}: ${body.length} of ${requestBytes} bytes`)
    }
    if (lane.inFlight >= lane.connections + waiting)
      throw new GateError('busy', `${api.name}: ${waiting} requests wait already`, { retryAfterMs: 1000 })
    const path = wireTarget(request)
    const headers = wireFields(request, body === null ? null : body.length)
    const pauseMs = lane.breaker.pause()
    if (pauseMs !== null) throw new GateError('upstream_paused', `${api.name}: too many failures in a row`, { retryAfterMs: pauseMs })
    const options = {
      path,
      method: request.method,
      headers,
      body: body === null ? null : readOnly(body.stream),
      upgrade: request.upgrade ?? null,
      ...(request.once === true ? { idempotent: false } : {}),
      headersTimeout: headMs,
      bodyTimeout: idleMs,
    }
    return new RoundTrip(lane, options, body, api).send(lane.inFlight < lane.connections ? null : connectMs, departure)
  }

  const trusting = (authorities: Authorities, identities: Identities = NOTHING_SHOWN): { readonly send: Send } => {
    // An API's object is of one configuration: what its lane depends on does not change.
    const known = new WeakMap<Api, OpenLane>()
    /** What is shown may be another one by now: a lane belongs to one certificate. */
    const laneUnder = (api: Api, identity: () => Awaitable<ClientIdentity>): Awaitable<OpenLane> => {
      const ca = authorities.get(api.upstreamOrigin) ?? null
      const take = (shown: ClientIdentity): OpenLane => laneShowing(api, ca, shown)
      // Revoked, ended, unreadable: what is connected under it ends, too.
      const refuse = (cause: unknown): never => {
        showNothing(api)
        throw cause
      }
      try {
        const shown = identity()
        return shown instanceof Promise ? shown.then(take, refuse) : take(shown)
      } catch (cause) {
        return refuse(cause)
      }
    }
    const laneFor = (api: Api): Awaitable<OpenLane> => {
      const identity = identities.get(api.name)
      if (identity !== undefined) return laneUnder(api, identity)
      const lane = known.get(api)
      if (lane?.leaving === false) return lane
      const opened = laneOf(api, authorities.get(api.upstreamOrigin) ?? null, null)
      known.set(api, opened)
      return opened
    }
    return {
      send(request, body, api, departure) {
        try {
          const lane = laneFor(api)
          return lane instanceof Promise
            ? lane.then((found) => start(request, body, api, departure, found))
            : start(request, body, api, departure, lane)
        } catch (cause) {
          return Promise.reject(cause)
        }
      },
    }
  }

  return {
    ...trusting(upstreamCa),
    trusting,
    keepOnly(origins) {
      for (const lane of lanes.values()) if (!origins.has(lane.origin)) retire(lane, null)
    },
    async close() {
      closed = true
      await Promise.all([...[...lanes.values()].map(({ pool }) => pool), ...leaving].map((pool) => pool.destroy()))
    },
  }
}

function ownerOf({ name, upstreamOrigin }: Api): string {
  return `${name} ${upstreamOrigin}`
}

const NOBODY_ELSE: ReadonlyMap<string, string> = new Map()
/** A long answer under a replaced certificate may end; a stream without an end may not go on for ever. */
const LINGER_MS = 600_000
const IDLE_MS = 60_000
const NOTHING_SHOWN: Identities = new Map()

/**
 * The visitor's body as undici may have it: an iteration that leaves the stream alone when it ends early. Given the stream itself, undici
 * would destroy it and take its socket away, on which the door still has to answer. Its types do not know that it takes iterations.
 */
function readOnly(stream: Readable): Readable {
  return stream.iterator({ destroyOnReturn: false }) as unknown as Readable
}

function openPool(
  origin: string,
  connect: { readonly timeout: number; readonly lookup: LookupFunction },
  connections: number,
  ca: string | null,
  shown: ClientIdentity | null,
): Pool {
  const secureContext = origin.startsWith('https:') ? trust(ca, shown) : undefined
  return new Pool(origin, {
    connections,
    allowH2: false,
    pipelining: 1,
    // However long the upstream would keep an idle connection: one under a certificate must not outlive that by much.
    ...(shown === null ? {} : { keepAliveMaxTimeout: IDLE_MS }),
    connect: {
      ...connect,
      // Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment changes nothing (CVE-2026-107318 class).
      rejectUnauthorized: true,
      ...(secureContext === undefined ? {} : { secureContext }),
    },
  })
}

/** Made once for a pool: reading the system's authorities takes milliseconds. */
function trust(ca: string | null, shown: ClientIdentity | null): SecureContext {
  const options = { minVersion: 'TLSv1.2' as const, ca: [...getCACertificates('default'), ...(ca === null ? [] : [ca])] }
  return shown === null ? createSecureContext(options) : shown.use((pair) => createSecureContext({ ...options, ...pair }))
}
