import { utf8 } from '../src/encoding/bytes.ts'
import { fromBase64url } from '../src/encoding/base64url.ts'
import { isJsonObject, type JsonObject, readJson, shown } from '../src/encoding/json.ts'
import type { Jwk } from '../src/jose/keys.ts'
import { readJwt } from '../src/jose/read.ts'
import { verifyWith } from '../src/jose/verify.ts'

/** What a verifier of the tests is bound to. */
export type Duty = {
  readonly alg: string
  readonly key: Jwk
  readonly iss: string
  readonly aud: string
  readonly typ?: string
  readonly seen?: Set<string>
}

/** One check of the strict verifier; a lax one leaves some out. */
export type Check =
  | 'form'
  | 'bits'
  | 'json'
  | 'alg'
  | 'crit'
  | 'b64'
  | 'kid'
  | 'jwk'
  | 'signature'
  | 'typ'
  | 'iss'
  | 'aud'
  | 'exp'
  | 'dates'
  | 'nbf'
  | 'cnf'
  | 'kind'
  | 'replay'

/** A verifier that does everything right, except for the checks that it is told to leave out. Throws when it refuses. */
export function verifier({ alg, key, iss, aud, typ = 'at+jwt', seen }: Duty, skipped: ReadonlySet<Check> = new Set()) {
  const refuse = (check: Check, wrong: boolean): void => {
    if (wrong && !skipped.has(check)) throw new Error('refused')
  }
  return async (text: string): Promise<JsonObject> => {
    const jwt = readJwt(text)
    const faults = new Set(jwt.faults.map(({ kind }) => kind))
    refuse('bits', faults.delete('trailing-bits'))
    for (const kind of ['duplicate-member', 'not-utf8', 'byte-order-mark'] as const) refuse('json', faults.delete(kind))
    refuse('form', faults.size > 0)
    if (jwt.kind !== 'signed' || jwt.payload.kind !== 'claims') throw new Error('refused')
    const {
      header,
      payload: { claims },
    } = jwt
    refuse('alg', header['alg'] !== alg)
    refuse('crit', header['crit'] !== undefined && header['b64'] === undefined)
    refuse('b64', header['b64'] !== undefined)
    refuse('kid', header['kid'] !== undefined && header['kid'] !== key['kid'])
    refuse('signature', (await verifyWith(jwt, key)) !== 'valid')
    refuse('typ', header['typ'] !== typ)
    refuse('iss', claims['iss'] !== iss)
    refuse('aud', !(Array.isArray(claims['aud']) ? claims['aud'] : [claims['aud']]).includes(aud))
    const now = Date.now() / 1000
    refuse(
      'dates',
      !['exp', 'nbf', 'iat'].every(
        (name) => claims[name] === undefined || (typeof claims[name] === 'number' && claims[name] > 0 && claims[name] < 1e11),
      ),
    )
    refuse('exp', typeof claims['exp'] !== 'number' || claims['exp'] + 30 < now)
    refuse(
      'nbf',
      ['nbf', 'iat'].some((name) => typeof claims[name] === 'number' && claims[name] > now + 30),
    )
    refuse('cnf', claims['cnf'] !== undefined)
    refuse(
      'kind',
      ['nonce', 'events', 'htm', 'token_use'].some((name) => claims[name] !== undefined),
    )
    refuse('replay', seen?.has(shown(claims['jti'])) === true)
    seen?.add(shown(claims['jti']))
    return claims
  }
}

/** The claims of the payload part, whatever the signature: what careless code does. */
export function justDecode(text: string): JsonObject {
  const bytes = fromBase64url(text.split('.')[1] ?? '') ?? utf8('null')
  const reading = readJson(new TextDecoder().decode(bytes))
  if (reading.kind !== 'read' || !isJsonObject(reading.value)) throw new Error('unreadable')
  return reading.value
}
