import { toBase64Url } from '../encoding.ts'
import { systemClock, type Clock } from '../clock.ts'
import { contentDigest } from '../core/digest.ts'
import { signMessage, type SignedFields } from '../core/sign.ts'
import type { BaseProblem } from '../base/base.ts'
import type { SigningKey } from '../keys/key.ts'
import { fieldValue, withoutFields } from '../message/fields.ts'
import type { FieldLine, RequestMessage } from '../message/message.ts'
import { fine, type Outcome } from '../outcome.ts'
import { ALWAYS_COVERED, COVERED_WHEN_PRESENT, LIFETIME_SECONDS, PROFILE_LABEL, PROFILE_TAG } from './profile.ts'

export interface SignerOptions {
  readonly key: SigningKey
  /** Further fields to cover when the request carries them, such as the one that holds an API key. Names in lower case. */
  readonly coverAlso?: readonly string[]
  /** `'unsigned'` leaves the content out, for streams that nobody can buffer. The verifier must be told the same. */
  readonly content?: 'digest' | 'unsigned'
  readonly lifetimeSeconds?: number
  readonly clock?: Clock
  /** At least 16 printable characters, never the same twice. Default: 128 random bits. */
  readonly nonce?: () => string
}

/**
 * Signs one request. `content` is what goes out after content coding, null for none. The fields in the answer are to be **set**: they
 * replace any Content-Digest, Signature-Input and Signature that the request had. Sign again for every retry: a nonce works once.
 */
export type Signer = (request: RequestMessage, content: Uint8Array | null) => Promise<Outcome<SignedFields, BaseProblem>>

const SET_BY_US: readonly string[] = ['content-digest', 'signature', 'signature-input']

/** Makes a signer for the profile `cloakroom-v1`. */
export function createSigner(options: SignerOptions): Signer {
  const {
    key,
    coverAlso = [],
    content: mode = 'digest',
    lifetimeSeconds = LIFETIME_SECONDS,
    clock = systemClock,
    nonce = randomNonce,
  } = options
  const whenPresent = [...new Set([...COVERED_WHEN_PRESENT, ...coverAlso])]
  return async (request, content) => {
    const bytes = content ?? new Uint8Array()
    const digest: readonly FieldLine[] = mode === 'digest' && bytes.length > 0 ? [['content-digest', await contentDigest(bytes)]] : []
    const complete = { ...request, fields: [...withoutFields(request.fields, SET_BY_US), ...digest] }
    const present = whenPresent.filter((name) => fieldValue(complete.fields, name) !== null)
    const created = clock()
    const signed = await signMessage(complete, {
      key,
      label: PROFILE_LABEL,
      cover: [...ALWAYS_COVERED, ...present],
      parameters: { created, expires: created + lifetimeSeconds, nonce: nonce(), keyid: key.keyid, tag: PROFILE_TAG },
    })
    return signed.ok ? fine({ fields: [...digest, ...signed.value.fields], base: signed.value.base }) : signed
  }
}

/** 128 random bits from Web Crypto, base64url. */
export function randomNonce(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(16)))
}
