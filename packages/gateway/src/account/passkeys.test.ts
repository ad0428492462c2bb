import { createHash, createSecretKey, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sent } from '../../test/ceremony-bytes.ts'
import { deriveVector, type Kind, type Vector } from '../../test/webauthn-vectors.ts'
import { COMMAND } from '../audit/event.ts'
import { createSealer } from '../session/sealed.ts'
import { memoryStores } from '../store/memory.ts'
import { createPasskeys } from './passkeys.ts'

const owner = { id: 'owner', name: 'ada' }
const cause = { at: 1_700_000_000_000, actor: COMMAND }

async function ceremonies({ id, registration, authentication }: Omit<Vector, 'aaguid' | 'key'>): Promise<readonly [string, string | null]> {
  const stores = memoryStores()
  const challenges = [registration.challenge, authentication.challenge]
  const passkeys = createPasskeys({
    store: stores.factors,
    nonces: stores.nonces,
    ceremonies: createSealer({
      key: createSecretKey(createHash('sha256').update('ceremonies').digest()),
      random: randomBytes,
      purpose: 'ceremony',
    }),
    audit: { note: () => undefined, commit: async () => undefined },
    random: () => challenges.shift() ?? Buffer.alloc(32),
    site: () => ({ origin: 'https://example.org', name: 'Example' }),
  })
  const first = await passkeys.beginRegister(owner, [], cause.at)
  const { challenge: _created, ...created } = registration
  const added = await passkeys.register(owner, first.ceremony, sent(id, created), 'key', cause)
  const second = await passkeys.beginUse('second-factor', owner, await stores.factors.list(owner.id), cause.at)
  const { challenge: _got, ...got } = authentication
  return [added, await passkeys.use('second-factor', owner, second.ceremony, sent(id, got), cause)]
}

interface Published {
  readonly credentialId: string
  readonly registration: Readonly<Record<'challenge' | 'clientDataJSON' | 'attestationObject', string>>
  readonly authentication: Readonly<Record<'challenge' | 'clientDataJSON' | 'authenticatorData' | 'signature', string>>
}

function published(name: string): Omit<Vector, 'aaguid' | 'key'> {
  const file = join(import.meta.dirname, `../../test/corpora/webauthn-${name}.json`)
  const { credentialId, registration, authentication } = JSON.parse(readFileSync(file, 'utf8')) as Published
  const bytes = <T extends string>(texts: Readonly<Record<T, string>>): Record<T, Buffer> =>
    Object.fromEntries(Object.entries<string>(texts).map(([field, hex]) => [field, Buffer.from(hex, 'hex')])) as Record<T, Buffer>
  return { id: Buffer.from(credentialId, 'hex'), registration: bytes(registration), authentication: bytes(authentication) }
}

const NONE = { algorithm: 'ES256', statement: 'none' } as const
const TAKEN: readonly [string, Kind][] = [
  ['§16.2 ES256, no attestation', { ...NONE, info: 'none.ES256' }],
  ['§16.3 ES256, attested by itself', { algorithm: 'ES256', statement: 'self', info: 'packed-self.ES256' }],
  ['§16.6 ES256, the longest identifier that there is', { ...NONE, info: 'none.ES256.long-credential-id', idLength: 1023 }],
  ['§16.7 ES256, attested', { algorithm: 'ES256', statement: 'certified', info: 'packed.ES256' }],
  ['§16.10 RS256, attested', { algorithm: 'RS256', statement: 'certified', info: 'packed.RS256' }],
  ['§16.11 Ed25519, attested', { algorithm: 'EdDSA', statement: 'certified', info: 'packed.EdDSA' }],
]
const REFUSED: readonly [string, Kind][] = [
  ['§16.4 made in a frame of another site', { ...NONE, info: 'none.ES256.crossOrigin', frame: { crossOrigin: true } }],
  [
    '§16.5 made below another site',
    { ...NONE, info: 'none.ES256.topOrigin', frame: { crossOrigin: true, topOrigin: 'https://example.com' } },
  ],
  ['§16.8 ES384, which was not offered', { algorithm: 'ES384', statement: 'certified', info: 'packed.ES384' }],
  ['§16.9 ES512, which was not offered', { algorithm: 'ES512', statement: 'certified', info: 'packed.ES512' }],
]

describe('the test vectors of WebAuthn Level 3', () => {
  test.each(TAKEN)('MFA-08 MFA-10 %s: the registration is taken, the assertion verifies', async (_what, kind) => {
    expect(await ceremonies(deriveVector(kind))).toEqual(['added', owner.id])
  })

  test.each(TAKEN)('MFA-10 %s: with any one bit of the last byte of its signature changed it does not', async (_what, kind) => {
    const vector = deriveVector(kind)
    for (let bit = 0; bit < 8; bit++) {
      const signature = Buffer.from(vector.authentication.signature)
      signature[signature.length - 1]! ^= 1 << bit
      expect(await ceremonies({ ...vector, authentication: { ...vector.authentication, signature } })).toEqual(['added', null])
    }
  })

  test.each(REFUSED)('MFA-08 %s: refused, and nothing is kept', async (_what, kind) => {
    expect(await ceremonies(deriveVector(kind))).toEqual(['passkey_refused', null])
  })

  test.each(['none-es256', 'packed-self-es256', 'packed-eddsa'])('MFA-08 MFA-10 as it is printed: %s', async (name) => {
    expect(await ceremonies(published(name))).toEqual(['added', owner.id])
  })

  test('what is derived is what is printed, byte for byte', () => {
    const none = published('none-es256')
    const { key: _key, aaguid: _aaguid, ...own } = deriveVector({ ...NONE, info: 'none.ES256' })
    const { signature: _drawn, ...gotten } = own.authentication
    const { signature: _printed, ...wanted } = none.authentication
    expect({ ...own, authentication: gotten }).toEqual({ ...none, authentication: wanted })

    const ed = published('packed-eddsa')
    const derived = deriveVector({ algorithm: 'EdDSA', statement: 'certified', info: 'packed.EdDSA' })
    // Ed25519 draws nothing: the signature is the standard's as well.
    expect(derived.authentication).toEqual(ed.authentication)
    expect(derived.registration.clientDataJSON).toEqual(ed.registration.clientDataJSON)
    const data = derived.registration.attestationObject.subarray(-129)
    expect(ed.registration.attestationObject.subarray(-129)).toEqual(data)
  })
})
