import { describe, expect, it } from 'vitest'
import { createSigner, generateKey, publicJwk, signingKey, staticKeys, type Jwk } from '../src/index.ts'
import { nodeSigningKey } from '../src/keys/node-key.ts'
import { CONTENT, NOON, ORDER, verdictOn } from './kit.ts'
import { ECC_P256, ED25519, RSA_PSS, SHARED_SECRET } from './appendix-b.ts'

describe('signing with Node’s own crypto', () => {
  it.each(['ed25519', 'ecdsa-p256-sha256', 'hmac-sha256'] as const)('%s: the verifier sees no difference', async (algorithm) => {
    const { privateJwk } = await generateKey(algorithm, 'k')
    const options = { clock: () => NOON, nonce: () => 'nonce-of-the-node-key' }
    const own = await createSigner({ key: nodeSigningKey(privateJwk), ...options })(ORDER, CONTENT)
    const web = await createSigner({ key: await signingKey(privateJwk), ...options })(ORDER, CONTENT)
    if (!own.ok || !web.ok) throw new Error('not signed')
    expect(own.value.base).toBe(web.value.base)
    if (algorithm !== 'ecdsa-p256-sha256') expect(own.value.fields).toEqual(web.value.fields)
    const open = publicJwk(privateJwk)
    const keys = await staticKeys([open.ok ? open.value : privateJwk])
    expect(await verdictOn({ ...ORDER, fields: [...ORDER.fields, ...own.value.fields] }, CONTENT, { keys })).toBe('accepted')
  })

  it.each([
    ['a public key', ECC_P256],
    ['RSA', RSA_PSS],
    ['a key without a name', { ...ED25519, kid: undefined }],
    ['a short secret', { ...SHARED_SECRET, k: 'AAAA' }],
  ])('%s is refused loudly', (_what, jwk) => {
    expect(() => nodeSigningKey(jwk as unknown as Jwk)).toThrow(TypeError)
  })
})
