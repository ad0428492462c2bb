import type { Json } from '../encoding/json.ts'
import type { Rule } from '../rule.ts'
import { eachHeader } from './each.ts'

/** A header that says where to fetch the key. */
export const keyUrl: Rule = {
  id: 'JWT-28',
  title: 'Header names a key URL (jku, x5u)',
  severity: 'error',
  source: 'bis §2.9, §3.10; RFC 7515 §4.1.2, §4.1.5; ASVS 9.1.3',
  why: "A verifier that follows the URL lets the attacker bring the key, and reaches into the internal network at a stranger's word.",
  remedy: 'Configure the key set\'s URL in the verifier and ignore "jku" and "x5u"; do not issue them.',
  check: (scene) =>
    eachHeader(scene, (header) =>
      ['jku', 'x5u'].flatMap((name) => {
        const value = header[name]
        return value === undefined ? [] : [{ pointer: `header.${name}`, reason: `${name} is present: ${urlTrick(value)}.` }]
      }),
    ),
}

/** What is suspicious about the URL itself; each case is a way around a check of the host name. */
function urlTrick(value: Json): string {
  if (typeof value !== 'string' || !URL.canParse(value)) return 'it is not a URL'
  const url = new URL(value)
  if (url.protocol !== 'https:') return `its scheme is ${url.protocol.slice(0, -1)}`
  if (url.username !== '' || url.password !== '') return 'user information disguises the host'
  if (url.hash !== '') return 'a fragment disguises the host'
  if (/^[\d.]+$|^\[/.test(url.hostname) || url.hostname === 'localhost') return 'it points to an address, not to a name'
  return 'the verifier must not follow it'
}
