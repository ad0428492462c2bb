import { signatureBase, type BaseProblem } from '../base/base.ts'
import type { ComponentProblem } from '../base/component.ts'
import type { StructuredTypes } from '../base/field-component.ts'
import { utf8 } from '../encoding.ts'
import type { VerifyingKey } from '../keys/key.ts'
import type { Message } from '../message/message.ts'
import { failed, fine, type Outcome } from '../outcome.ts'
import { receivedSignatures, type ReceivedSignature } from './received.ts'

export type CoreProblem = 'unsigned' | ComponentProblem | BaseProblem | 'algorithm_mismatch' | 'bad_signature'

export interface VerifyOptions {
  readonly key: VerifyingKey
  /** Which signature; without it the message must carry exactly one. */
  readonly label?: string
  readonly types?: StructuredTypes
}

/**
 * Checks one signature of any message (RFC 9421 §3.2) and nothing else: no age, no coverage, no replay, no digest.
 * "Verified" means that this key signed these components. For an API use `createVerifier`, which asks the other questions too.
 */
export async function verifyMessage(message: Message, options: VerifyOptions): Promise<Outcome<ReceivedSignature, CoreProblem>> {
  const candidates = receivedSignatures(message.fields)
  if (!candidates.ok) return candidates
  const chosen = candidates.value.filter(({ label }) => options.label === undefined || label === options.label)
  const [only] = chosen
  if (only === undefined || chosen.length > 1) return failed('unsigned', `${chosen.length} signatures to choose from`)
  const received = only.open()
  if (!received.ok) return received
  return checkSignature(message, received.value, options.key, options.types)
}

/** The cryptographic half, shared with the profile: algorithm, base, signature. */
export async function checkSignature(
  message: Message,
  received: ReceivedSignature,
  key: VerifyingKey,
  types: StructuredTypes = {},
): Promise<Outcome<ReceivedSignature, CoreProblem>> {
  // §3.2 step 6 and §7.3.6: the key says which algorithm. `alg` may agree, it never chooses.
  const claimed = received.parameters.get('alg')
  if (claimed !== undefined && claimed !== key.algorithm) return failed('algorithm_mismatch', `alg on a key for ${key.algorithm}`)
  const base = signatureBase(message, received.components, received.parameters, types)
  if (!base.ok) return base
  const holds: unknown = await key.verify(utf8(base.value.text), received.signature)
  // A key of one's own may answer anything; only `true` is a yes.
  return holds === true ? fine(received) : failed('bad_signature', `label ${received.label}, key ${key.keyid}`)
}
