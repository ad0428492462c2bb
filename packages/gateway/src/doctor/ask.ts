import { request as plainRequest } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { getCACertificates } from 'node:tls'
import type { HeaderField } from '../decide/headers.ts'
import type { CertificatePair } from '../forward/client-identity.ts'
import { guardedLookup } from '../forward/guarded-lookup.ts'

/** One probe: GET, no redirect followed, few seconds, its body not read. Only the head of the answer matters. */
export interface Probe {
  readonly origin: string
  readonly target: string
  readonly headers: readonly HeaderField[]
  /** Of this machine; null for the one that the system picks. */
  readonly from: string | null
  readonly ca: string | null
  /** PEM; null: show none. */
  readonly certificate: CertificatePair | null
  readonly privateNetwork: boolean
}

export type Heard =
  | { readonly kind: 'answer'; readonly status: number; readonly date: string | null }
  | { readonly kind: 'nothing'; readonly code: string }

const PATIENCE_MS = 8000

export function ask({ origin, target, headers, from, ca, certificate, privateNetwork }: Probe): Promise<Heard> {
  const url = new URL(origin)
  const options = {
    method: 'GET',
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port),
    path: target,
    agent: false,
    headers: { host: url.host, accept: '*/*', ...fieldsOf(headers) },
    signal: AbortSignal.timeout(PATIENCE_MS),
    lookup: guardedLookup(undefined, privateNetwork || url.hostname === 'localhost'),
    ...(from === null ? {} : { localAddress: from }),
    // Said outright: the environment must not turn it off.
    ...(url.protocol === 'https:'
      ? { rejectUnauthorized: true, ca: [...getCACertificates('default'), ...(ca === null ? [] : [ca])], ...certificate }
      : {}),
  }
  return new Promise((resolve) => {
    const sent = (url.protocol === 'https:' ? tlsRequest : plainRequest)(options, (answer) => {
      answer.destroy()
      resolve({ kind: 'answer', status: answer.statusCode ?? 0, date: answer.headers.date ?? null })
    })
    sent.on('error', (cause) => resolve({ kind: 'nothing', code: 'code' in cause ? String(cause.code) : cause.name }))
    sent.end()
  })
}

function fieldsOf(headers: readonly HeaderField[]): Record<string, string> {
  return Object.fromEntries(headers.map(([name, value]) => [name, value]))
}
