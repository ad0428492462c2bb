import { isInnerList, type BareItem, type Dictionary, type Item, type Parameters } from 'structured-headers'
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
    const [items, parameters] = member
    candidates.push({ label, parameters, open: () => openCandidate(label, items, parameters, signatures.value) })
  }
  return fine(candidates)
}

function openCandidate(
  label: string,
  items: readonly Item[],
  parameters: Parameters,
  signatures: Dictionary,
): Outcome<ReceivedSignature, 'unsigned' | ComponentProblem> {
  const bytes = signatures.get(label)?.[0]
  if (bytes === undefined) return failed('unsigned', `no Signature member for ${label}`)
  if (!(bytes instanceof ArrayBuffer)) return failed('malformed', `Signature ${label} is not a byte sequence`)
  const components = readComponents(items)
  if (!components.ok) return components
  return fine({ label, components: components.value, parameters, signature: new Uint8Array(bytes) })
}
