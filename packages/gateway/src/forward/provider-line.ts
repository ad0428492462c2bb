import type { LookupFunction } from 'node:net'
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import { Agent, request } from 'undici'
import { GateError } from '../errors.ts'
import { guardedLookup, type Resolve } from './guarded-lookup.ts'

/** How one OpenID Provider is reached. */
export interface ProviderLineOptions {
  /** PEM of a further authority. */
  readonly ca: string | null
  /** PEM; shown to the provider (RFC 8705). */
  readonly certificate: { readonly cert: string; readonly key: string } | null
  /** May its names lead to addresses that are not on the internet? */
  readonly privateNetwork: boolean
  /** Plain http to this machine: for development, when the issuer itself is that. */
  readonly loopback: boolean
  readonly resolve?: Resolve
}

/** As `fetch`, but: TLS verified, no redirect followed, 10 s and 512 KiB at most, JSON or nothing. Throws GateError `provider_unavailable`. */
export interface ProviderLine {
  call(
    url: string,
    sent: { readonly method?: string; readonly headers?: Headers | Readonly<Record<string, string>>; readonly body?: unknown },
  ): Promise<Response>
  close(): void
}

export type OpenProviderLine = (options: ProviderLineOptions) => ProviderLine

/** Together less than the lease under which tokens are renewed; see session/grants.ts. */
export const PROVIDER_MS = 10_000
/** Entra's key set, the largest of the big providers', has 20 KB. */
const MOST_BYTES = 512 * 1024

export function openProviderLine(options: ProviderLineOptions): ProviderLine {
  const agent = new Agent({
    allowH2: false,
    connections: 16,
    headersTimeout: PROVIDER_MS,
    bodyTimeout: PROVIDER_MS,
    maxResponseSize: MOST_BYTES,
    connect: {
      timeout: 5000,
      lookup: lookupOf(options),
      rejectUnauthorized: true,
      secureContext: trust(options),
    },
  })
  return {
    async call(url, { method = 'GET', headers, body }) {
      const target = new URL(url)
      refuseTarget(target, options)
      try {
        const answer = await request(target, {
          dispatcher: agent,
          method: method === 'POST' ? 'POST' : 'GET',
          headers: { ...Object.fromEntries(new Headers(headers)), 'accept-encoding': 'identity' },
          body: body === undefined || body === null ? null : textOf(body),
          signal: AbortSignal.timeout(PROVIDER_MS),
        })
        const bytes = Buffer.from(await answer.body.arrayBuffer())
        return readable(target, answer.statusCode, fieldsOf(answer.headers), bytes)
      } catch (cause) {
        if (cause instanceof GateError) throw cause
        throw unavailable(target, 'did not answer', cause)
      }
    },
    close: () => void agent.destroy().catch(() => undefined),
  }
}

/** The cause of a failure to which the provider said that it is its own. */
export interface Answered {
  readonly status: number
  readonly retryAfter: string | null
}

/** Metadata can name any address: what is not TLS is called only where the owner himself said so, on this machine. */
function refuseTarget(target: URL, { loopback, privateNetwork }: ProviderLineOptions): void {
  const mayBeHere = loopback && isHere(target.hostname)
  if (target.protocol === 'http:' && !mayBeHere) throw unavailable(target, 'is not TLS')
  if (target.protocol !== 'http:' && target.protocol !== 'https:') throw unavailable(target, 'is no web address')
  // A literal address is never looked up, so the guard of the look-up does not see it.
  const isLiteral = /^[\d.]+$|^\[/.test(target.hostname)
  if (isLiteral && !mayBeHere && !privateNetwork) throw unavailable(target, 'has no name')
}

/** Names that lead to this machine and nowhere else. */
export function isHere(hostname: string): boolean {
  return /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
}

/** Even where the provider is on this machine, its metadata do not lead further inside. */
function lookupOf({ resolve, privateNetwork, loopback }: ProviderLineOptions): LookupFunction {
  const [guarded, free] = [guardedLookup(resolve), guardedLookup(resolve, true)]
  return (name, options, callback) => (privateNetwork || (loopback && isHere(name)) ? free : guarded)(name, options, callback)
}

function readable(target: URL, status: number, headers: Headers, bytes: Buffer): Response {
  // 429 and 5xx say nothing about the person who wants to sign in.
  if (status === 429 || status >= 500) {
    const answered: Answered = { status, retryAfter: headers.get('retry-after') }
    throw unavailable(target, `answered with ${status}`, answered)
  }
  if (headers.has('content-encoding') && headers.get('content-encoding') !== 'identity') throw unavailable(target, 'answered in a coding')
  const type = (headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
  // openid-client looks at the type only when the text is not JSON: a page or an upload that happens to be JSON must not pass for an answer.
  if (bytes.length > 0 && status < 300 && !/^application\/(?:[a-z0-9.-]+\+)?json$/.test(type))
    throw unavailable(target, 'answered with no JSON')
  if (bytes.length > MOST_BYTES) throw unavailable(target, 'answered at too great length')
  const hasBody = bytes.length > 0 && status !== 204 && status !== 205 && status !== 304
  return new Response(hasBody ? Uint8Array.from(bytes) : null, { status, headers })
}

function fieldsOf(raw: Readonly<Record<string, string | string[] | undefined>>): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(raw)) {
    for (const line of Array.isArray(value) ? value : [value ?? '']) headers.append(name, line)
  }
  return headers
}

function textOf(body: unknown): string {
  if (typeof body === 'string') return body
  if (body instanceof URLSearchParams) return body.toString()
  throw new GateError('internal', 'a provider is sent forms only')
}

function unavailable(target: URL, what: string, cause?: unknown): GateError {
  return new GateError('provider_unavailable', `${target.origin}${target.pathname} ${what}`, { cause, retryAfterMs: 5000 })
}

function trust({ ca, certificate }: ProviderLineOptions): SecureContext {
  return createSecureContext({
    minVersion: 'TLSv1.2',
    ca: [...getCACertificates('default'), ...(ca === null ? [] : [ca])],
    ...(certificate === null ? {} : certificate),
  })
}
