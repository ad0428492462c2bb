import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Answer } from '../answer.ts'
import { GateError, type FailureCode } from '../errors.ts'
import { failingProbes } from '../failing-probes.ts'
import { listenFailure } from '../listen-failure.ts'
import type { Awaitable } from '../lib/awaitable.ts'
import type { Later } from '../lib/later.ts'
import { isLoopbackName } from '../decide/admit.ts'
import { isLoopback, parseAddress } from '../decide/ip.ts'
import { problem } from './problem.ts'
import { apiHeaders } from './security-headers.ts'

export interface AdminListenerOptions {
  readonly host: string
  readonly port: number
  /** Further names under which it is asked, without a port: what a scraper in the same network uses. */
  readonly names?: readonly string[]
  /** What must answer for the gateway to be healthy, by name. A probe that throws or hangs has failed. */
  readonly probes: Readonly<Record<string, () => Awaitable<unknown>>>
  readonly metrics: { readonly contentType: string; text(): Promise<string> }
  /** Answers below `/admin/`; left out, nothing is there. */
  readonly api?: (request: IncomingMessage, requestId: string) => Promise<Answer>
  /** The name, without a port, under which a proxy of the operator's leads administrators here over TLS. */
  readonly apiName?: string | null
  readonly later: Later
  readonly newRequestId: () => string
}

export interface AdminListener {
  readonly port: number
  close(): Promise<void>
}

/** `/healthz`, `/metrics` and the Admin API, for the operator's own machines. Its own port: nothing of it can be reached through the public one. */
export async function startAdminListener(options: AdminListenerOptions): Promise<AdminListener> {
  const server = createServer(
    { headersTimeout: 5000, requestTimeout: 5000, keepAliveTimeout: 5000, maxHeaderSize: 8192 },
    (request, response) => {
      answer(request, options).then(
        (made) => send(made, response),
        () => send(problem('internal', { request: options.newRequestId() }), response),
      )
    },
  )
  server.maxConnections = 64
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(new GateError('internal', listenFailure(cause, options.host, options.port, 'admin.listen'), { cause })),
    )
    server.listen(options.port, options.host, () => resolve())
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(request: IncomingMessage, options: AdminListenerOptions): Promise<Answer> {
  const refuse = (code: FailureCode, allow?: readonly string[]) => problem(code, { request: options.newRequestId(), allow })
  const { api, apiName = null, names = [] } = options
  if (!isAskedByItsName(request, apiName === null ? names : [...names, apiName])) return refuse('misdirected')
  if (api !== undefined && request.url?.startsWith('/admin/') === true) {
    const code = refuseForApi(request, apiName)
    return code === null ? await api(request, options.newRequestId()) : refuse(code)
  }
  // A page of any website can send a GET here; it must not even learn that something answers.
  if (!['none', undefined].includes(single(request, 'sec-fetch-site'))) return refuse('cross_site')
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse('method_not_allowed', ['GET', 'HEAD'])
  switch (request.url) {
    case '/healthz':
      return await health(options)
    case '/metrics':
      return plain(200, options.metrics.contentType, await options.metrics.text())
    default:
      return refuse('not_found')
  }
}

/**
 * DNS rebinding: a stranger's page reaches us under the stranger's name, so the Host field must be a loopback name, the very
 * address of the socket, or a name that the owner listed.
 */
function isAskedByItsName(request: IncomingMessage, names: readonly string[]): boolean {
  const host = single(request, 'host')?.toLowerCase()
  if (host === undefined || host === '') return false
  if (isLoopbackName(host)) return true
  const name = host.replace(/:\d+$/, '')
  return names.includes(name) || name.replace(/^\[|\]$/g, '') === request.socket.localAddress?.replace(/^::ffff:/, '')
}

/** For the Admin API a browser may speak, but only from a page of this very origin; and a password never goes over a network in the clear. */
export function refuseForApi(request: IncomingMessage, apiName: string | null): FailureCode | null {
  const site = single(request, 'sec-fetch-site')
  const isOpened = site === 'none' && request.method === 'GET'
  if (site !== undefined && site !== 'same-origin' && !isOpened) return 'cross_site'
  const host = single(request, 'host')?.toLowerCase() ?? ''
  const origin = single(request, 'origin')
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) return 'cross_site'
  const peer = parseAddress(request.socket.remoteAddress ?? '')
  const isHere = peer !== null && isLoopback(peer)
  return isHere || (apiName !== null && host.replace(/:\d+$/, '') === apiName) ? null : 'plain_http'
}

function single(request: IncomingMessage, name: string): string | undefined {
  const values = request.headersDistinct[name]
  return values !== undefined && values.length > 1 ? 'several' : values?.[0]
}

async function health({ probes, later }: AdminListenerOptions): Promise<Answer> {
  const failing = await failingProbes(probes, later)
  return plain(
    failing.length === 0 ? 200 : 503,
    'application/json',
    JSON.stringify(failing.length === 0 ? { status: 'ok' } : { status: 'failing', failing }),
  )
}

function plain(status: number, type: string, text: string): Answer {
  return { status, headers: [['content-type', type], ['cache-control', 'no-store'], ...apiHeaders()], body: Buffer.from(text) }
}

function send({ status, headers, body }: Answer, response: ServerResponse): void {
  const content = body instanceof Uint8Array ? body : new Uint8Array(0)
  response.writeHead(status, [...headers, ['content-length', String(content.length)]].flat())
  response.end(content)
}
