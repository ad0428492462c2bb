import { base64url } from '../encoding/base64url.ts'
import { utf8 } from '../encoding/bytes.ts'
import { shown } from '../encoding/json.ts'
import { signatureAlgorithm } from '../jose/algorithms.ts'
import { signJwt } from '../jose/sign.ts'
import type { Attack, Forgery } from './attack.ts'
import { omit } from './forge.ts'

export const guessedSecret: Attack = {
  ruleId: 'JWT-07',
  name: 'guessed-secret',
  forge: async ({ valid, claims }) => {
    const alg = signatureAlgorithm(valid.header['alg'])
    if (alg?.kind !== 'hmac') return { skipped: 'the valid JWT is not signed by HMAC' }
    const { searchSecret } = await import('../guess/guess.ts')
    const hints = [claims['iss'], claims['aud']].flat().filter((value) => typeof value === 'string')
    const found = searchSecret(valid, { tries: 500_000, milliseconds: 5000, hints })
    // The platform's HMAC takes no empty key, and an empty key is found by JWT-06 anyway.
    if (found === undefined || found.text === '') return []
    const jwk = { kty: 'oct', k: base64url(utf8(found.text)) }
    const jwt = await signJwt(valid.header, { ...claims, sub: 'forged-by-jwt-check' }, jwk)
    return [{ label: `a JWT signed with a secret guessed in ${found.tries} tries (${found.kind})`, jwt, flaw: 'signature' }]
  },
}

export const brokenSignature: Attack = {
  ruleId: 'JWT-44',
  name: 'broken-signature',
  forge: async ({ valid }) => {
    const { signature, signingInput } = valid
    const flipped = Uint8Array.from(signature)
    flipped[signature.length >> 1] = (flipped[signature.length >> 1] ?? 0) ^ 1
    const variants: readonly (readonly [string, string])[] = [
      ['no signature part', signingInput],
      ['an empty signature', `${signingInput}.`],
      ['the first byte of the signature', `${signingInput}.${base64url(signature.subarray(0, 1))}`],
      ['half of the signature', `${signingInput}.${base64url(signature.subarray(0, signature.length >> 1))}`],
      ['a signature with one bit flipped', `${signingInput}.${base64url(flipped)}`],
      ['a signature with a byte added', `${signingInput}.${base64url(Uint8Array.of(...signature, 0))}`],
    ]
    return variants.map(([label, jwt]) => ({ label, jwt, flaw: 'signature' }))
  },
}

export const alteredClaims: Attack = {
  ruleId: 'JWT-45',
  name: 'altered-claims',
  forge: async ({ valid, claims, now }) => {
    const rawHeader = valid.signingInput.slice(0, valid.signingInput.indexOf('.'))
    const edits: readonly (readonly [string, object])[] = [
      ['another sub', { ...claims, sub: 'forged-by-jwt-check' }],
      ['an added role', { ...claims, role: 'admin', roles: ['admin'] }],
      ['a later exp', { ...claims, exp: now + 86_400 }],
      ['no claims at all', {}],
    ]
    return edits.map(([label, edited]): Forgery => ({
      label: `${label} under the old signature`,
      jwt: `${rawHeader}.${base64url(utf8(JSON.stringify(edited)))}.${base64url(valid.signature)}`,
      flaw: 'signature',
    }))
  },
}

export const looseForm: Attack = {
  ruleId: 'JWT-37',
  name: 'loose-form',
  forge: async ({ valid }) => {
    const [head = '', body = ''] = valid.signingInput.split('.')
    const signature = base64url(valid.signature)
    const compact = `${head}.${body}.${signature}`
    const variants: readonly (readonly [string, string])[] = [
      ['a line end after the JWT', `${compact}\n`],
      ['padding after the signature', `${compact}${'='.repeat((4 - (signature.length % 4)) % 4 || 4)}`],
      ['a trailing dot', `${compact}.`],
      ['a fourth part', `${compact}.e30`],
      ['a space before the signature', `${head}.${body}. ${signature}`],
      ['a stray character in the signature', `${head}.${body}.${signature.slice(0, 8)}!${signature.slice(8)}`],
      ['the JSON serialization', JSON.stringify({ payload: body, protected: head, signature })],
      ['the general JSON serialization', JSON.stringify({ payload: body, signatures: [{ protected: head, signature }] })],
    ]
    return variants.map(([label, jwt]) => ({ label, jwt, flaw: 'form', severity: 'warning' }))
  },
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

export const strayBits: Attack = {
  ruleId: 'JWT-38',
  name: 'stray-bits',
  forge: async ({ valid }) => {
    const signature = base64url(valid.signature)
    if (valid.signature.length % 3 === 0) return { skipped: 'the signature of this algorithm leaves no unused bits' }
    const last = alphabet.charAt(alphabet.indexOf(signature.slice(-1)) | 1)
    const jwt = `${valid.signingInput}.${signature.slice(0, -1)}${last}`
    return [{ label: 'a second spelling of the same signature (unused bits set)', jwt, flaw: 'form', severity: 'warning' }]
  },
}

export const replay: Attack = {
  ruleId: 'JWT-42',
  name: 'replay',
  forge: async ({ valid, profile }) => {
    if (!profile.singleUse) return { skipped: 'the profile allows a JWT to be used more than once' }
    return [{ label: 'the same JWT a second time', jwt: valid.compact, before: valid.compact, flaw: 'claims' }]
  },
}

export const deepJson: Attack = {
  ruleId: 'JWT-39',
  name: 'deep-json',
  forge: async ({ valid, claims }) => {
    const bomb = (levels: number): string => `{"alg":"${shown(valid.header['alg'])}","a":${'['.repeat(levels)}${']'.repeat(levels)}}`
    const signature = base64url(valid.signature)
    const part = (text: string): string => base64url(utf8(text))
    return [
      {
        label: 'a header of 5000 levels',
        jwt: `${part(bomb(5000))}.${part(JSON.stringify(claims))}.${signature}`,
        flaw: 'form',
        slowFrom: 1000,
      },
      {
        label: 'claims of 5000 levels',
        jwt: `${part(JSON.stringify(omit(valid.header, [])))}.${part(bomb(5000))}.${signature}`,
        flaw: 'form',
        slowFrom: 1000,
      },
    ]
  },
}
