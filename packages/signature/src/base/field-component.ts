import {
  isInnerList,
  parseDictionary,
  parseItem,
  parseList,
  serializeDictionary,
  serializeInnerList,
  serializeItem,
  serializeList,
} from 'structured-headers'
import { toBase64 } from '../encoding.ts'
import { fieldLines, fieldValue } from '../message/fields.ts'
import type { FieldLine } from '../message/message.ts'
import { failed, fine, type Outcome } from '../outcome.ts'
import type { Component } from './component.ts'

/** Which structured type a field has: needed for `;sf`, because the text alone does not tell (RFC 9421 §2.1.1). */
export type StructuredType = 'dictionary' | 'list' | 'item'
export type StructuredTypes = Readonly<Record<string, StructuredType>>

export type FieldProblem = 'missing_component' | 'malformed_component'

/** Types of fields that this package itself reads or writes. Pass more to the core functions when `;sf` covers other fields. */
export const KNOWN_TYPES: StructuredTypes = {
  'accept-signature': 'dictionary',
  'cloakroom-context': 'dictionary',
  'content-digest': 'dictionary',
  'repr-digest': 'dictionary',
  signature: 'dictionary',
  'signature-input': 'dictionary',
  'want-content-digest': 'dictionary',
}

/** The value of a field component (RFC 9421 §2.1) with `sf`, `key` and `bs` applied. */
export function fieldComponent(fields: readonly FieldLine[], wanted: Component, types: StructuredTypes): Outcome<string, FieldProblem> {
  const combined = fieldValue(fields, wanted.name)
  if (combined === null) return failed('missing_component', wanted.identifier)
  // §2.1.3: each line for itself, so that lines joined with commas and one line with commas stay apart.
  if (wanted.parameters.has('bs')) {
    const armoured = fieldLines(fields, wanted.name).map((line) => `:${toBase64(latin1(line))}:`)
    return fine(armoured.join(', '))
  }
  const key = wanted.parameters.get('key')
  if (typeof key === 'string') return dictionaryMember(combined, key, wanted)
  if (wanted.parameters.has('sf')) return strictly(combined, types[wanted.name], wanted)
  return fine(combined)
}

function dictionaryMember(combined: string, key: string, wanted: Component): Outcome<string, FieldProblem> {
  try {
    const member = parseDictionary(combined).get(key)
    if (member === undefined) return failed('missing_component', wanted.identifier)
    return fine(isInnerList(member) ? serializeInnerList(member) : serializeItem(member))
  } catch {
    return failed('malformed_component', wanted.identifier)
  }
}

function strictly(combined: string, type: StructuredType | undefined, wanted: Component): Outcome<string, FieldProblem> {
  try {
    switch (type) {
      case 'dictionary':
        return fine(serializeDictionary(parseDictionary(combined)))
      case 'list':
        return fine(serializeList(parseList(combined)))
      case 'item':
        return fine(serializeItem(parseItem(combined)))
      case undefined:
        return failed('malformed_component', `${wanted.identifier}: the structured type of this field is not known`)
    }
  } catch {
    return failed('malformed_component', wanted.identifier)
  }
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}
