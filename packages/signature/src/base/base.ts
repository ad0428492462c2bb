import { serializeInnerList, type Parameters } from 'structured-headers'
import type { FieldLine, Message } from '../message/message.ts'
import { failed, fine, type Outcome } from '../outcome.ts'
import type { Component } from './component.ts'
import { derivedValue } from './derived.ts'
import { fieldComponent, KNOWN_TYPES, type FieldProblem, type StructuredTypes } from './field-component.ts'

export type BaseProblem = FieldProblem

export interface SignatureBase {
  /** What is signed: lines joined by LF, without one at the end (RFC 9421 §2.5). */
  readonly text: string
  /** The value of `@signature-params`, which is also this signature's member of Signature-Input. */
  readonly parameters: string
}

/** The one place that builds a signature base, for signing and verifying alike (RFC 9421 §2.5). */
export function signatureBase(
  message: Message,
  covered: readonly Component[],
  parameters: Parameters,
  types: StructuredTypes = {},
): Outcome<SignatureBase, BaseProblem> {
  const lines: string[] = []
  for (const each of covered) {
    const value = componentValue(message, each, { ...KNOWN_TYPES, ...types })
    if (!value.ok) return value
    // §2.5: a line break would begin a forged line, and bytes outside ASCII have no agreed encoding here.
    if (!/^[\x20-\x7e\t]*$/.test(value.value))
      return failed('malformed_component', `${each.identifier} holds a control or non-ASCII character`)
    lines.push(`${each.identifier}: ${value.value}`)
  }
  const written = serializeInnerList([covered.map((each) => [each.name, new Map(each.parameters)]), parameters])
  lines.push(`"@signature-params": ${written}`)
  return fine({ text: lines.join('\n'), parameters: written })
}

function componentValue(message: Message, wanted: Component, types: StructuredTypes): Outcome<string, BaseProblem> {
  const source = wanted.parameters.has('req') ? requestOf(message) : message
  if (source === null) return failed('missing_component', `${wanted.identifier}: no related request`)
  if (wanted.name.startsWith('@')) return derivedValue(source, wanted)
  return fieldComponent(fieldsOf(source, wanted), wanted, types)
}

// §2.4: `req` is an error in a request, which has no request of its own.
function requestOf(message: Message): Message | null {
  return message.kind === 'response' ? message.request : null
}

function fieldsOf(message: Message, wanted: Component): readonly FieldLine[] {
  return wanted.parameters.has('tr') ? (message.trailers ?? []) : message.fields
}
