import type { Component } from '../base/component.ts'
import { normalAuthority } from '../base/derived.ts'
import type { VerifyingAlgorithm } from '../keys/algorithm.ts'
import { fieldValue } from '../message/fields.ts'
import type { RequestMessage } from '../message/message.ts'
import { fine, type Outcome } from '../outcome.ts'
import { readContext, type Context } from './context.ts'
import { coveredNames } from './coverage.ts'
import type { ProfileParameters } from './freshness.ts'
import { CONTEXT_FIELD } from './profile.ts'

/** What a verified signature vouches for, and nothing else: take who is calling, and what he wants, from here. */
export interface SignedRequest {
  readonly keyid: string
  readonly algorithm: VerifyingAlgorithm
  /** Unix seconds. */
  readonly created: number
  readonly expires: number
  readonly nonce: string
  readonly method: string
  readonly authority: string
  readonly path: string
  readonly query: string | null
  /** The covered fields, names in lower case, values combined. */
  readonly fields: ReadonlyMap<string, string>
  /** From `Cloakroom-Context`; null when the gateway sent none. */
  readonly context: Context | null
}

/** Collects the covered values of a request whose signature has been verified. */
export function signedRequest(
  request: RequestMessage,
  components: readonly Component[],
  parameters: ProfileParameters,
  algorithm: VerifyingAlgorithm,
): Outcome<SignedRequest, 'malformed_context'> {
  const fields = new Map<string, string>()
  for (const name of coveredNames(components)) {
    const value = name.startsWith('@') ? null : fieldValue(request.fields, name)
    if (value !== null) fields.set(name, value)
  }
  const written = fields.get(CONTEXT_FIELD)
  const context = written === undefined ? fine(null) : readContext(written)
  if (!context.ok) return context
  const { method, path, query } = request
  const authority = normalAuthority(request.authority, request.scheme)
  return fine({ ...parameters, algorithm, method, authority, path, query, fields, context: context.value })
}

// Names that an app takes for the word of its gateway, or that make frameworks see another method or path than the signed one.
const BELIEVED =
  /^(?:cloakroom-|x-forwarded-|forwarded$|x-real-ip$|true-client-ip$|x-client-ip$|x-http-method|x-method-override$|x-original-|x-rewrite-url$)/

/** Must this field be dropped before the app sees the request? Yes when an app would believe it and no signature covers it (RFC 9421 §7.2.1). */
export function isUnsignedClaim(name: string, covered: ReadonlyMap<string, string>, dropAlso: readonly string[] = []): boolean {
  const lower = name.toLowerCase().replaceAll('_', '-')
  return (BELIEVED.test(lower) || dropAlso.includes(lower)) && !covered.has(name.toLowerCase())
}
