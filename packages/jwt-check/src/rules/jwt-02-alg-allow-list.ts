import { keyManagementNames, signatureAlgorithmNames } from '../jose/algorithms.ts'
import type { Rule } from '../rule.ts'
import type { Subject } from '../scene.ts'
import { eachHeader, type Note } from './each.ts'

/** The algorithm must be, letter by letter, one that the verifier's profile allows. */
export const algAllowList: Rule = {
  id: 'JWT-02',
  title: 'Algorithm is not on the allow-list',
  severity: 'error',
  source: 'bis §3.1',
  why: 'A verifier that lets the header choose freely, or that folds case and spaces, can be led to weaker mathematics than its owner meant.',
  remedy:
    'Configure the exact algorithm names that the issuer uses, and compare them case-sensitively. Never keep a list of forbidden names instead.',
  check: (scene) => eachHeader(scene, ({ alg }, subject) => [...unlisted(alg, subject), ...blockList(subject)]),
}

function unlisted(alg: unknown, { jwt, profile }: Subject): readonly Note[] {
  const pointer = 'header.alg'
  if (typeof alg !== 'string') return [{ pointer, reason: alg === undefined ? 'alg is missing.' : 'alg is not a string.' }]
  const registered = jwt.kind === 'encrypted' ? keyManagementNames : signatureAlgorithmNames
  const allowed = profile.algorithms ?? registered
  // `none` has a rule of its own; here it would only repeat it.
  if (allowed.includes(alg) || alg.trim().toLowerCase() === 'none') return []
  const near = allowed.find((name) => name.toLowerCase() === alg.trim().toLowerCase())
  if (near !== undefined)
    return [{ pointer, reason: `alg "${alg}" is a misspelling of "${near}"; names are case-sensitive and have no spaces.` }]
  return [
    {
      pointer,
      reason: `alg "${alg}" is not among ${profile.algorithms === undefined ? 'the registered algorithms' : allowed.join(', ')}.`,
    },
  ]
}

function blockList({ profile }: Subject): readonly Note[] {
  const { blockedAlgorithms, algorithms } = profile
  if (blockedAlgorithms === undefined || algorithms !== undefined) return []
  const reason = `The profile forbids ${blockedAlgorithms.join(', ') || 'nothing'} and allows the rest; spellings and future names slip through.`
  return [{ pointer: 'profile.blockedAlgorithms', severity: 'warning', reason }]
}
