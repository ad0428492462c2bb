import type { FaultKind } from '../jose/jwt.ts'
import type { Rule } from '../rule.ts'

const words: Partial<Record<FaultKind, string>> = {
  'json-serialization': 'This is the JSON serialization; a JWT is compact.',
  whitespace: 'There is white space in it.',
  'part-count': 'It does not have three or five parts',
  'trailing-dot': 'It ends in a dot too many.',
  padding: 'base64 padding (=) is not allowed.',
  alphabet: 'It is not base64url',
  'not-object': 'It is JSON, but not an object.',
  'not-json': 'It is not JSON',
}

/** Exactly one spelling: three or five parts of base64url, joined by dots. */
export const notCompact: Rule = {
  id: 'JWT-37',
  title: 'Not a strict compact JWT',
  severity: 'error',
  source: 'bis §2.13, §3.14; RFC 7515 §2, §7.1; RFC 7519 §7.2',
  why: 'Every extra spelling that one component forgives and another does not is a way past the first one.',
  remedy: 'Emit base64url without padding or line ends. Verifiers: match the whole string against the strict form before decoding.',
  check: (scene) =>
    scene.subjects.flatMap(({ label, jwt }) =>
      jwt.faults.flatMap((fault) => {
        const text = words[fault.kind]
        if (text === undefined) return []
        return [{ at: label, pointer: fault.pointer, reason: text.endsWith('.') ? text : `${text}: ${fault.detail ?? 'unreadable'}.` }]
      }),
    ),
}
