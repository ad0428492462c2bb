import { isJsonObject, type JsonObject, shown } from '../encoding/json.ts'
import { fromBase64url } from '../encoding/base64url.ts'
import { contentEncryption } from '../jose/algorithms.ts'
import type { EncryptedJwt } from '../jose/jwt.ts'
import type { Remark, Rule } from '../rule.ts'
import type { Scene } from '../scene.ts'
import { eachEncrypted, type Note } from './each.ts'

/** Party information longer than this is no identity (the samples of RFC 7518 use a name). */
const maxPartyBytes = 128

/** The parts of a JWE that must be fresh, of fixed length, and in their place. */
export const keyAgreement: Rule = {
  id: 'JWT-54',
  title: 'JWE with stale key, odd party information or short tag',
  severity: 'warning',
  source: 'RFC 7518 §4.6, §5.2, §5.3; bis §3.4',
  why: 'A reused ephemeral key ends forward secrecy, and a shortened tag lets forged ciphertext through after few tries.',
  remedy: 'Make a new "epk" for each JWE. Check the lengths of IV and tag against "enc" before decrypting.',
  check: (scene) => [...eachEncrypted(scene, (jwt) => [...agreement(jwt.header), ...lengths(jwt)]), ...reusedKeys(scene)],
}

function agreement(header: JsonObject): readonly Note[] {
  const agrees = typeof header['alg'] === 'string' && header['alg'].startsWith('ECDH-ES')
  const notes: Note[] =
    agrees && !isJsonObject(header['epk']) ? [{ pointer: 'header.epk', severity: 'error', reason: 'ECDH-ES without epk.' }] : []
  for (const name of ['apu', 'apv']) {
    const value = header[name]
    if (value === undefined) continue
    const bytes = typeof value === 'string' ? fromBase64url(value) : undefined
    if (!agrees) notes.push({ pointer: `header.${name}`, reason: `${name} has no meaning without ECDH-ES.` })
    else if (bytes === undefined || bytes.length > maxPartyBytes)
      notes.push({ pointer: `header.${name}`, reason: `${name} is not base64url of at most ${maxPartyBytes} bytes.` })
  }
  const same = agrees && header['apu'] !== undefined && header['apu'] === header['apv']
  return same ? [...notes, { pointer: 'header.apv', reason: 'apu and apv are equal: sender and recipient cannot be told apart.' }] : notes
}

function lengths({ header, iv, tag }: EncryptedJwt): readonly Note[] {
  const { enc } = header
  const fixed = typeof enc === 'string' ? contentEncryption.get(enc) : undefined
  if (fixed === undefined) return [{ pointer: 'header.enc', severity: 'error', reason: 'enc is missing or not registered.' }]
  const notes: Note[] = []
  if (tag.length !== fixed.tag)
    notes.push({ pointer: 'tag', severity: 'error', reason: `The tag has ${tag.length} bytes; ${shown(enc)} needs ${fixed.tag}.` })
  if (iv.length !== fixed.iv)
    notes.push({ pointer: 'iv', severity: 'error', reason: `The IV has ${iv.length} bytes; ${shown(enc)} needs ${fixed.iv}.` })
  return notes
}

function reusedKeys(scene: Scene): readonly Remark[] {
  const seen = new Map<string, string>()
  return scene.subjects.flatMap(({ label, jwt }) => {
    const epk = jwt.kind === 'encrypted' ? jwt.header['epk'] : undefined
    if (!isJsonObject(epk) || typeof epk['x'] !== 'string') return []
    const first = seen.get(epk['x'])
    seen.set(epk['x'], first ?? label)
    return first === undefined ? [] : [{ at: label, pointer: 'header.epk', reason: `The ephemeral key is that of ${first}.` }]
  })
}
