import { createPrivateKey, type KeyObject, type webcrypto } from 'node:crypto'
import { GateError } from '../../errors.ts'

/** The client's private key as its owner stored it: a JWK, or PKCS#8 (DER) in base64; one line either way, as all secrets are. */
export interface ClientKey {
  readonly key: KeyObject
  readonly kid: string | null
  /** What the JWK says it is for; null when it says nothing. */
  readonly algorithm: string | null
}

/** Throws GateError `credential_unavailable`, which says nothing of the text. */
export function readClientKey(name: string, text: string): ClientKey {
  try {
    if (!text.startsWith('{')) {
      return { key: createPrivateKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'pkcs8' }), kid: null, algorithm: null }
    }
    const jwk = JSON.parse(text) as Record<string, unknown>
    return {
      key: createPrivateKey({ key: jwk, format: 'jwk' }),
      kid: typeof jwk.kid === 'string' ? jwk.kid : null,
      algorithm: typeof jwk.alg === 'string' ? jwk.alg : null,
    }
  } catch {
    // Without the cause: a parser's message may quote the key.
    throw new GateError('credential_unavailable', `${name} is neither a private JWK nor PKCS#8 in base64`)
  }
}

/** For signing assertions with Web Crypto. */
export function signingKey(name: string, { key, algorithm }: ClientKey): webcrypto.CryptoKey {
  const parameters = parametersOf(key, algorithm)
  if (parameters === null) throw new GateError('credential_unavailable', `${name} is a key of a kind that signs no assertion`)
  return key.toCryptoKey(parameters, false, ['sign'])
}

function parametersOf(key: KeyObject, algorithm: string | null): Parameters<KeyObject['toCryptoKey']>[0] | null {
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return { name: algorithm?.startsWith('PS') === true ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5', hash: `SHA-${algorithm?.slice(2) ?? '256'}` }
    case 'ec': {
      const namedCurve = CURVES[key.asymmetricKeyDetails?.namedCurve ?? '']
      return namedCurve === undefined ? null : { name: 'ECDSA', namedCurve }
    }
    case 'ed25519':
      return { name: 'Ed25519' }
    default:
      return null
  }
}

const CURVES: Readonly<Record<string, string>> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' }
