import { randomUUID } from 'node:crypto'
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import type { Duplex } from 'node:stream'
import type { AuditEvent } from '@cloakroom/contract'
import type { Policy } from '../src/decide/policy.ts'
import { nodeDoor } from '../src/door/node.ts'
import { listen } from '../src/door/server.ts'
import { GateError } from '../src/errors.ts'
import { createSpine, type Gateway } from '../src/gateway.ts'
import { problem } from '../src/http/problem.ts'
import type { AccessLine, AuditPart, ObserverPart, SitePart } from '../src/parts.ts'
import { makePolicy } from './fixtures.ts'

export type Upgrade = (gateway: Gateway, policy: () => Policy, request: IncomingMessage, socket: Duplex, firstBytes: Buffer) => void

export interface SiteDoorOptions {
  readonly audit?: AuditPart
  readonly observer?: ObserverPart
  readonly upgrade?: Upgrade
  readonly policy?: Partial<Policy>
}

export interface SiteDoor {
  readonly port: number
  readonly origin: string
  readonly events: readonly AuditEvent[]
  readonly lines: readonly AccessLine[]
  readonly failures: readonly unknown[]
  close(): Promise<void>
}

/** The whole way of a request to a site, over a real socket: door, judgement, site. Everybody is a stranger, and no API answers. */
export async function openSiteDoor(site: SitePart, options: SiteDoorOptions = {}): Promise<SiteDoor> {
  const events: AuditEvent[] = []
  const lines: AccessLine[] = []
  const failures: unknown[] = []
  let policy = makePolicy()
  const gone = (): never => {
    throw new GateError('store_unavailable', 'not part of this test')
  }
  const gateway = createSpine({
    policy: () => policy,
    sessions: { claim: () => null, touch: gone, end: gone },
    visits: { open: () => null, start: gone },
    counters: { add: gone },
    vault: { open: gone },
    forward: { send: gone },
    endpoints: { answer: (head) => Promise.resolve(problem('not_found', { request: head.id })) },
    site,
    audit: options.audit ?? { note: (event) => void events.push(event), commit: gone },
    observer: options.observer ?? { access: (line) => void lines.push(line), failure: (_head, cause) => void failures.push(cause) },
    pseudonym: 'cloakroom',
  })
  const door = { policy: () => policy, clock: () => 1_000_000, newRequestId: () => randomUUID(), maxTargetBytes: 8192, maxRequests: 100 }
  const { upgrade } = options
  const listener = await listen(nodeDoor(gateway, door), {
    host: '127.0.0.1',
    port: 0,
    key: 'listen',
    limits: { headerBytes: 16_384, headerFields: 100, headMs: 10_000, requestMs: 10_000, keepAliveMs: 5000, connections: 100 },
    tls: null,
    newRequestId: door.newRequestId,
    upgrade: upgrade === undefined ? null : (message, socket, firstBytes) => upgrade(gateway, () => policy, message, socket, firstBytes),
  })
  const origin = `http://localhost:${listener.port}`
  policy = makePolicy({ publicOrigin: origin, publicHost: `localhost:${listener.port}`, ...options.policy })
  return { port: listener.port, origin, events, lines, failures, close: () => listener.close(0) }
}

export interface Said {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** Asks for `path` exactly as written. */
export function ask(
  door: Pick<SiteDoor, 'port'>,
  path: string,
  options: { readonly method?: string; readonly headers?: Record<string, string | readonly string[]> } = {},
): Promise<Said> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {} } = options
    const sent = request({
      host: '127.0.0.1',
      port: door.port,
      path,
      method,
      agent: false,
      headers: { host: `localhost:${door.port}`, ...headers },
    })
    sent.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }))
      response.on('error', reject)
    })
    sent.on('error', reject)
    sent.end()
  })
}

/** What a browser sends when somebody opens a page. */
export const NAVIGATION = {
  accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
  'sec-fetch-site': 'none',
} as const
