import { isInnerList, serializeInnerList, type BareItem, type Dictionary, type InnerList, type Parameters } from 'structured-headers'
import { readComponents, type Component, type ComponentProblem } from '../base/component.ts'
import { fieldValue } from '../message/fields.ts'
import type { FieldLine } from '../message/message.ts'
import { readDictionary } from '../message/structured.ts'
import { failed, fine, type Outcome } from '../outcome.ts'

/** One signature as it came: what it says it covers, with which parameters. Nothing of it is verified yet. */
export interface ReceivedSignature {
  readonly label: string
  readonly components: readonly Component[]
  readonly parameters: Parameters
  readonly signature: Uint8Array<ArrayBuffer>
  /** Was the Signature-Input member written exactly as it is signed? `created=1.0` reads as 1 and is signed as `1`. */
  readonly exact: boolean
}

/** A member of Signature-Input by label, so far only known to be a list with parameters. */
export interface Candidate {
  readonly label: string
  readonly parameters: ReadonlyMap<string, BareItem>
  open(): Outcome<ReceivedSignature, 'unsigned' | ComponentProblem>
}

/** Reads Signature-Input and Signature (RFC 9421 §4). Members that nobody opens are not looked into: foreign signatures are not our business. */
export function receivedSignatures(fields: readonly FieldLine[]): Outcome<readonly Candidate[], 'unsigned' | 'malformed'> {
  const inputField = fieldValue(fields, 'signature-input')
  const signatureField = fieldValue(fields, 'signature')
  if (inputField === null || signatureField === null) return failed('unsigned', 'no Signature-Input or no Signature field')
  const inputs = readDictionary(inputField)
  if (!inputs.ok) return inputs
  const signatures = readDictionary(signatureField)
  if (!signatures.ok) return signatures
  const candidates: Candidate[] = []
  for (const [label, member] of inputs.value) {
    if (!isInnerList(member)) return failed('malformed', `Signature-Input ${label} is not a list`)
    const exact = inputField.includes(`${label}=${serializeInnerList(member)}`)
    candidates.push({ label, parameters: member[1], open: () => openCandidate(label, member, exact, signatures.value) })
  }
  return fine(candidates)
}

function openCandidate(
  label: string,
  [items, parameters]: InnerList,
  exact: boolean,
  signatures: Dictionary,
): Outcome<ReceivedSignature, 'unsigned' | ComponentProblem> {
  const bytes = signatures.get(label)?.[0]
  if (bytes === undefined) return failed('unsigned', `no Signature member for ${label}`)
  if (!(bytes instanceof ArrayBuffer)) return failed('malformed', `Signature ${label} is not a byte sequence`)
  const components = readComponents(items)
  if (!components.ok) return components
  return fine({ label, components: components.value, parameters, signature: new Uint8Array(bytes), exact })
}
