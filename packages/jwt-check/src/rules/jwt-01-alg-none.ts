import type { Rule } from '../rule.ts'
import { eachHeader } from './each.ts'

/** `alg: none` in any letter case: a JWT that anybody can write. */
export const algNone: Rule = {
  id: 'JWT-01',
  title: 'Unsigned JWT (alg "none")',
  severity: 'error',
  source: 'bis §2.1, §2.11, §3.1, §3.2; ASVS 9.1.2',
  why: 'Nothing protects the claims: whoever holds the JWT can rewrite them. Verifiers that compare "none" letter by letter miss "None" and "nOnE".',
  remedy: 'Sign with ES256, Ed25519 or PS256, and let the verifier accept an explicit list of algorithms only.',
  check: (scene) =>
    eachHeader(scene, ({ alg }) =>
      typeof alg === 'string' && alg.trim().toLowerCase() === 'none'
        ? [{ pointer: 'header.alg', reason: `alg is "${alg}": the JWT carries no signature.` }]
        : [],
    ),
}
