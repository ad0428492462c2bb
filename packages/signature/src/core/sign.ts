import { serializeDictionary, type Parameters } from 'structured-headers'
import { signatureBase, type BaseProblem } from '../base/base.ts'
import { component, type Component } from '../base/component.ts'
import type { StructuredTypes } from '../base/field-component.ts'
import { utf8 } from '../encoding.ts'
import type { SigningKey } from '../keys/key.ts'
import type { FieldLine, Message } from '../message/message.ts'
import { fine, type Outcome } from '../outcome.ts'

/** Parameters of one signature (RFC 9421 §2.3). `created` and `expires` are Unix seconds; what is left out is not sent. */
export interface SignatureParameters {
  readonly created?: number
  readonly expires?: number
  readonly nonce?: string
  readonly alg?: string
  readonly keyid?: string
  readonly tag?: string
}

export interface SignOptions {
  readonly key: SigningKey
  /** The signature's name in both fields. It has no meaning for the verifier (§7.2.5). */
  readonly label: string
  /** Plain names, or `component(name, parameters)`, in the order in which they are to stand in the base. */
  readonly cover: readonly (string | Component)[]
  readonly parameters: SignatureParameters
  readonly types?: StructuredTypes
}

export interface SignedFields {
  /** The two lines to add to the message, names in lower case. */
  readonly fields: readonly FieldLine[]
  /** The signature base, to compare with what the other side has built. It holds no secret that the message does not hold. */
  readonly base: string
}

/** Signs any message (RFC 9421 §3.1) without judging whether the coverage makes sense. For requests to an API use `createSigner`. */
export async function signMessage(message: Message, options: SignOptions): Promise<Outcome<SignedFields, BaseProblem>> {
  const covered = options.cover.map((each) => (typeof each === 'string' ? component(each) : each))
  const base = signatureBase(message, covered, writeParameters(options.parameters), options.types)
  if (!base.ok) return base
  const signature = new Uint8Array(await options.key.sign(utf8(base.value.text)))
  return fine({
    fields: [
      ['signature-input', `${options.label}=${base.value.parameters}`],
      ['signature', serializeDictionary({ [options.label]: signature })],
    ],
    base: base.value.text,
  })
}

// The order of RFC 9421 Appendix B where it shows one; a verifier takes any.
function writeParameters(parameters: SignatureParameters): Parameters {
  const order = ['created', 'expires', 'nonce', 'alg', 'keyid', 'tag'] as const
  const written: Parameters = new Map()
  for (const name of order) {
    const value = parameters[name]
    if (value !== undefined) written.set(name, value)
  }
  return written
}
