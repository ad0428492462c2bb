import type { Rule } from '../rule.ts'
import { eachHeader } from './each.ts'

/** Compression before encryption. */
export const compression: Rule = {
  id: 'JWT-36',
  title: 'Compressed JWE (zip)',
  severity: 'warning',
  source: 'bis §2.4, §2.12, §3.6, §3.15',
  why: "The length of a compressed secret tells about its content, and a few kilobytes can unfold to gigabytes in the recipient's memory.",
  remedy: 'Do not compress. Verifiers: refuse "zip", or stop unpacking at 250 KB.',
  check: (scene) =>
    eachHeader(scene, ({ zip }, { jwt }) => {
      if (zip === undefined) return []
      if (jwt.kind === 'signed') return [{ pointer: 'header.zip', reason: 'zip has no meaning in a signed JWT.' }]
      const reason = zip === 'DEF' ? 'The plaintext is compressed before encryption.' : 'zip names an unknown compression.'
      return [{ pointer: 'header.zip', severity: zip === 'DEF' ? 'warning' : 'error', reason }]
    }),
}
