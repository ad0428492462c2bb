import type { AuditEvent } from '@cloakroom/contract'
import type { Answer, Departure, RequestBody } from '../src/answer.ts'
import { leaks, type Placement } from '../src/decide/credential.ts'
import type { RequestHead } from '../src/decide/head.ts'
import { headersOf, type HeaderField } from '../src/decide/headers.ts'
import type { Api, Policy } from '../src/decide/policy.ts'
import { Secret } from '../src/decide/secret.ts'
import { GateError } from '../src/errors.ts'
import { createForward, type ForwardOptions } from '../src/forward/forward.ts'
import { passThrough } from '../src/forward/pass-through.ts'
import type { WayParts } from '../src/forward/trip.ts'
import type { ForwardPart, VaultPart } from '../src/parts.ts'
import { collect } from './bodies.ts'
import { makeApi, makeHead, makePolicy, makeRoute } from './fixtures.ts'
import { startUpstream, type Upstream, type UpstreamOptions } from './upstream.ts'

/** The way out and back on its own: a real upstream, the real forwarder, a vault that holds one secret, and a list for the audit trail. */
export interface Way {
  readonly upstream: Upstream
  readonly api: Api
  readonly events: readonly AuditEvent[]
  /** Credentials that were opened, and those that were given back. */
  readonly opened: number
  readonly released: number
  readonly pass: (request?: WayRequest) => Promise<Answer>
  /** Passes and reads everything; a refusal's code stands in for the status. */
  readonly read: (request?: WayRequest) => Promise<WayAnswer>
  readonly close: () => Promise<void>
}

export interface WayRequest {
  readonly method?: string
  readonly path?: string
  readonly query?: string
  readonly headers?: readonly HeaderField[]
  readonly body?: RequestBody | null
  readonly departure?: Departure
}

export interface WayAnswer {
  readonly status: number | string
  readonly headers: readonly HeaderField[]
  readonly text: string
  /** The code with which a body broke off; null when it is whole. */
  readonly broken: string | null
}

export interface WayOptions {
  readonly upstream?: UpstreamOptions
  readonly api?: Partial<Api>
  readonly policy?: Partial<Policy>
  /** Null: an API without a credential. */
  readonly secret?: string | null
  readonly placement?: Placement
  /** What was sealed with the secret; the upstream's own origin by default. */
  readonly origins?: readonly string[]
  readonly forward?: ForwardOptions
  /** Stands in for the forwarder. */
  readonly forwardPart?: ForwardPart
  /** The origin to call, when it is not what the upstream calls itself. */
  readonly origin?: (upstream: Upstream) => string
}

const STRANGER = { kind: 'stranger', stale: null, expired: null } as const

export const SECRET = 'sk-live-4f9a2bQ7+x/Zk0&"1c8e~tail'

export async function startWay(options: WayOptions = {}): Promise<Way> {
  const upstream = await startUpstream(options.upstream)
  const origin = options.origin?.(upstream) ?? upstream.origin
  const { secret = SECRET, placement = { kind: 'bearer' }, origins = [origin] } = options
  const api = makeApi({ upstreamOrigin: origin, credential: secret === null ? null : 'shop-key', ...options.api })
  const policy = makePolicy({ apis: [api], ...options.policy })
  const route = makeRoute(api, '* /**')
  const events: AuditEvent[] = []
  const counts = { opened: 0, released: 0 }
  const forward = createForward(options.forward)
  const vault: VaultPart = {
    open() {
      counts.opened++
      const plain = new Secret(Uint8Array.from(Buffer.from(secret ?? '', 'latin1')))
      const needles = leaks(placement, plain)
      return {
        placement,
        secret: plain,
        origins,
        needles,
        release() {
          counts.released++
          plain.wipe()
          for (const needle of needles) needle.fill(0)
        },
      }
    },
  }
  const parts: WayParts = {
    policy: () => policy,
    vault,
    forward: options.forwardPart ?? forward,
    audit: { note: (event) => void events.push(event), commit: () => Promise.resolve() },
    pseudonym: 'cloakroom',
  }
  const pass = ({ headers, body = null, departure, ...request }: WayRequest = {}): Promise<Answer> => {
    const head: RequestHead = { ...makeHead({ path: '/api/shop/x', ...request }), headers: headersOf(headers ?? []) }
    return passThrough(head, body, route, STRANGER, parts, departure)
  }
  return {
    upstream,
    api,
    events,
    get opened() {
      return counts.opened
    },
    get released() {
      return counts.released
    },
    pass,
    async read(request) {
      try {
        const { status, headers, body } = await pass(request)
        try {
          return { status, headers, text: (await collect(body)).toString('latin1'), broken: null }
        } catch (cause) {
          return { status, headers, text: '', broken: codeOf(cause) }
        }
      } catch (cause) {
        return { status: codeOf(cause), headers: [], text: '', broken: null }
      }
    },
    async close() {
      await forward.close()
      await upstream.close()
    },
  }
}

/** A GateError's code; any other error is a bug, and is shown whole. */
export function codeOf(cause: unknown): string {
  return cause instanceof GateError ? cause.code : String(cause)
}

/** The lines of one field. */
export function linesOf({ headers }: { readonly headers: readonly HeaderField[] }, name: string): readonly string[] {
  return headers.filter(([own]) => own === name).map(([, value]) => value)
}
