import type { Component } from '../base/component.ts'
import { fieldValue } from '../message/fields.ts'
import type { FieldLine } from '../message/message.ts'
import { failed, fine, type Outcome } from '../outcome.ts'
import { ALWAYS_COVERED, COVERED_WHEN_PRESENT } from './profile.ts'

/** Does the signature cover what the profile demands (RFC 9421 §3.2 step 4, §7.2.1)? More is welcome, less is refused. */
export function checkCoverage(
  components: readonly Component[],
  fields: readonly FieldLine[],
  coverAlso: readonly string[],
): Outcome<null, 'insufficient_coverage'> {
  const covered = coveredNames(components)
  const present = [...COVERED_WHEN_PRESENT, ...coverAlso].filter((name) => fieldValue(fields, name) !== null)
  const missing = [...ALWAYS_COVERED, ...present].filter((name) => !covered.has(name))
  return missing.length === 0 ? fine(null) : failed('insufficient_coverage', `not covered: ${missing.join(', ')}`)
}

/** Names that are covered whole. With a parameter only a part, another form or another message's field is covered. */
export function coveredNames(components: readonly Component[]): ReadonlySet<string> {
  return new Set(components.filter(({ parameters }) => parameters.size === 0).map(({ name }) => name))
}
