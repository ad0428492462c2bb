import type { Json, JsonObject } from '../encoding/json.ts'
import type { Rule } from '../rule.ts'
import { eachHeader, type Note } from './each.ts'

// Header parameters of RFC 7515, 7516 and 7518: `crit` must not list them (RFC 7515 §4.1.11).
const standard = new Set('alg jku jwk kid x5u x5c x5t x5t#S256 typ cty crit enc zip epk apu apv iv tag p2s p2c'.split(' '))

/** Extensions that are in use; anything else in `crit` is unknown to nearly every verifier. */
const known = new Set(['b64', 'exp', 'iss', 'aud', 'sub', 'http://openbanking.org.uk/iat', 'http://openbanking.org.uk/iss'])

/** The list of extensions that a verifier must understand or refuse. */
export const critical: Rule = {
  id: 'JWT-31',
  title: 'Malformed or unknown critical header (crit)',
  severity: 'error',
  source: 'RFC 7515 §4.1.11',
  why: 'A verifier that skips what it does not understand drops the very restriction that the issuer called critical.',
  remedy: 'List only extensions that are present and that every recipient implements. Verifiers: refuse any name that is not yours.',
  check: (scene) => eachHeader(scene, (header) => (header['crit'] === undefined ? [] : judge(header['crit'], header))),
}

function judge(crit: Json, header: JsonObject): readonly Note[] {
  const pointer = 'header.crit'
  if (!Array.isArray(crit)) return [{ pointer, reason: 'crit is not a list.' }]
  const names = crit as readonly Json[]
  if (names.length === 0) return [{ pointer, reason: 'crit is an empty list.' }]
  if (new Set(names).size !== names.length) return [{ pointer, reason: 'crit names an extension twice.' }]
  return names.flatMap((name) => {
    const fault = nameFault(name, header)
    return fault === undefined ? [] : [{ pointer, reason: fault }]
  })
}

function nameFault(name: Json, header: JsonObject): string | undefined {
  if (typeof name !== 'string') return 'crit holds something other than names.'
  if (standard.has(name)) return `crit lists "${name}", which is part of the standard.`
  if (header[name] === undefined) return `crit lists "${name}", which the header does not have.`
  return known.has(name) ? undefined : `crit lists "${name}", an extension that verifiers do not know.`
}
