import type { RuleId, Severity } from './rule.ts'

/** One finding, ready for people, JSON and SARIF. Holds no JWT and no secret, and no control characters. */
export type Finding = {
  readonly ruleId: RuleId
  readonly severity: Severity
  /** Label of the input that it is about: `jwt 1`, a file name, `POST /login`. */
  readonly at: string
  /** Place within: `header.alg`, `claims.exp`, `keys[0].n`; empty for the whole. */
  readonly pointer: string
  readonly reason: string
  readonly source: string
}

/** Longest text that a finding repeats from its input. */
const maxText = 400

/** A text from hostile input made safe for terminals and logs: no control or direction characters, no JWT, bounded. */
export function printable(text: string, longest = maxText): string {
  // The escape character alone can rewrite a terminal, and U+202E can turn a sentence around.
  // oxlint-disable-next-line no-control-regex -- the control characters are what must go
  const plain = redactJwts(text.slice(0, longest * 4)).replaceAll(
    /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return plain.length > longest ? `${plain.slice(0, longest)}…` : plain
}

/** `eyJhbGci…(284)`: enough to recognise a JWT in one's own files, too little to use it. */
export function redact(compact: string): string {
  return `${compact.slice(0, 8).replaceAll(/[^\w-]/g, '?')}…(${compact.length})`
}

/** Every JWT inside a text in redacted form. */
export function redactJwts(text: string): string {
  return text.replaceAll(/\beyJ[\w-]{5,}\.[\w-]*(?:\.[\w-]*)*/g, redact)
}
