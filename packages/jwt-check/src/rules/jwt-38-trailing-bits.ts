import type { Rule } from '../rule.ts'

/** The last character of a part has bits that encode nothing; they must be zero. */
export const trailingBits: Rule = {
  id: 'JWT-38',
  title: 'base64url with stray bits',
  severity: 'warning',
  source: 'RFC 4648 §3.5',
  why: 'The same JWT then has several spellings: a deny-list, cache or replay table keyed by the string misses the others.',
  remedy: 'Verifiers: refuse non-canonical base64url. Key deny-lists by "jti" or by a hash of the decoded bytes.',
  check: (scene) =>
    scene.subjects.flatMap(({ label, jwt }) =>
      jwt.faults
        .filter(({ kind }) => kind === 'trailing-bits')
        .map(({ pointer }) => ({ at: label, pointer, reason: `The last character of the ${pointer} has unused bits set.` })),
    ),
}
