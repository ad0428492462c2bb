import type { FaultKind } from '../jose/jwt.ts'
import type { Rule } from '../rule.ts'

const words: Partial<Record<FaultKind, string>> = {
  'duplicate-member': 'The member appears twice; parsers differ in which one they believe',
  'not-utf8': 'The bytes are not UTF-8',
  'byte-order-mark': 'It starts with a byte order mark',
  'too-deep': 'It is nested too deeply',
  'too-many-members': 'It has too many members',
  'too-large': 'It is too large to be read',
}

/** JSON that two parsers read in two ways, or that none should read at all. */
export const ambiguousJson: Rule = {
  id: 'JWT-39',
  title: 'Ambiguous or excessive JSON',
  severity: 'error',
  source: 'RFC 7515 §4; RFC 7519 §4; bis §2.6, §3.7',
  why: 'When the component that checks and the component that acts read different values, the check is worth nothing.',
  remedy: 'Refuse duplicate members, anything but UTF-8, byte order marks, and JSON beyond modest size and depth.',
  check: (scene) => [
    ...scene.subjects.flatMap(({ label, jwt }) =>
      jwt.faults.flatMap(({ kind, pointer, detail }) => {
        const text = words[kind]
        return text === undefined ? [] : [{ at: label, pointer, reason: detail === undefined ? `${text}.` : `${text} (${detail}).` }]
      }),
    ),
    ...scene.keySets.flatMap((set) => set.faults.map((fault) => ({ at: set.label, pointer: '', reason: `Key set: ${fault}.` }))),
  ],
}
