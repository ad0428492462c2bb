import type { Headers } from './headers.ts'

/** What a request's head says of its own border. */
export interface Framing {
  /** The one Host field, in lower case. */
  readonly host: string
  readonly hasBody: boolean
  /** Bytes; null for chunked transfer, or when there is no body. */
  readonly length: number | null
  /** The sender waits for `100 Continue` before it sends the body. */
  readonly expects: boolean
}

export type FramingFault = 'bad_request' | 'version_refused' | 'transfer_coding_refused' | 'expectation_failed'

/** RFC 9110 §9.3: a body has no meaning with these; to a server that does not expect it, it is a second request. DELETE is each API's own choice. */
const BODILESS: readonly string[] = ['GET', 'HEAD', 'OPTIONS', 'TRACE']
/** A name or an IPv4 address, or an IPv6 address in brackets, with a port or without (RFC 9110 §7.2). No user, no path, no list. */
const HOST = /^(?:[a-z0-9.\-_]{1,255}|\[[0-9a-f:.]{2,45}\])(?::(\d{1,5}))?$/
const LENGTH = /^(?:0|[1-9]\d{0,14})$/

/**
 * Reads Host, body length and expectation where there is only one way to read them; `version` is `1.1` or `1.0`. Stricter than the
 * parser before it, which takes two Host fields and believes the first, and `gzip, chunked` as if it were `chunked`.
 */
export function readFraming(headers: Headers, method: string, version: string): Framing | FramingFault {
  if (version !== '1.1' && version !== '1.0') return version === '0.9' ? 'bad_request' : 'version_refused'
  let host: string | null = null
  let length: string | null = null
  let coding: string | null = null
  let expectation: string | null = null
  let contentType = false
  for (const [name, value] of headers.entries()) {
    // By length first: this runs over every field of every request.
    switch (name.length) {
      case 4:
        if (name !== 'host') break
        // RFC 9112 §3.2: more than one is 400, equal ones too.
        if (host !== null) return 'bad_request'
        host = value.toLowerCase()
        break
      case 6:
        if (name === 'expect') expectation = expectation === null ? value : `${expectation}, ${value}`
        break
      case 12:
        if (name !== 'content-type') break
        // Servers disagree on which of two counts (RFC 9110 §5.3).
        if (contentType) return 'bad_request'
        contentType = true
        break
      case 14:
        if (name === 'content_length') return 'bad_request'
        if (name !== 'content-length') break
        if (length !== null || !LENGTH.test(value)) return 'bad_request'
        length = value
        break
      case 17:
        // To servers that fold `_` into `-`, it is the field (CVE-2025-64484 class).
        if (name === 'transfer_encoding') return 'bad_request'
        if (name !== 'transfer-encoding') break
        if (coding !== null) return 'bad_request'
        coding = value.toLowerCase()
        break
      default:
    }
  }
  if (host === null || !isHost(host)) return 'bad_request'
  if (coding !== null) {
    // RFC 9112 §6.1: beside Content-Length it is an attack, and HTTP/1.0 does not know it.
    if (length !== null || version === '1.0') return 'bad_request'
    // §6.3: without chunked at the end, the body has none. With it, a coding before it is one that nobody here undoes.
    if (coding !== 'chunked') return /[, \t]chunked$/.test(coding) ? 'transfer_coding_refused' : 'bad_request'
  }
  const hasBody = coding !== null || (length !== null && length !== '0')
  if (hasBody && BODILESS.includes(method)) return 'bad_request'
  // RFC 9110 §10.1.1: HTTP/1.0 does not know it; whatever else is expected cannot be met.
  const expects = expectation !== null && version === '1.1'
  if (expects && expectation?.toLowerCase() !== '100-continue') return 'expectation_failed'
  return { host, hasBody, length: length === null ? null : Number(length), expects }
}

function isHost(text: string): boolean {
  const found = HOST.exec(text)
  return found !== null && (found[1] === undefined || Number(found[1]) <= 65_535)
}
