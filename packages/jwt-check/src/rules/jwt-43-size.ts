import type { Rule } from '../rule.ts'

/** Characters: browsers drop cookies over 4096 bytes with name and attributes; many servers refuse header lines over 8 KB. */
const limits = { cookie: 4096, header: 8192 } as const

/** Big JWTs break in transit. */
export const size: Rule = {
  id: 'JWT-43',
  title: 'JWT is large',
  severity: 'info',
  source: 'ASVS 3.3.5, 4.2.5',
  why: 'Past 4 KB a cookie is dropped without a word; past 8 KB servers and proxies answer 431, and only for users with many groups.',
  remedy: 'Send references instead of lists: look groups and permissions up on the server.',
  check: (scene) =>
    scene.subjects.flatMap(({ label, length }) => {
      if (length > limits.header)
        return [{ at: label, pointer: '', severity: 'warning', reason: `${length} characters: over 8 KB, many servers refuse the header.` }]
      return length > limits.cookie ? [{ at: label, pointer: '', reason: `${length} characters will not fit a cookie (4 KB).` }] : []
    }),
}
