import type * as WebAuthn from '@simplewebauthn/server'
import { auditEvent } from '../audit/event.ts'
import type { Instant } from '../decide/head.ts'
import type { AccountId } from '../decide/session.ts'
import type { Random } from '../lib/random.ts'
import type { AuditPart } from '../parts.ts'
import type { Sealer } from '../session/sealed.ts'
import { ask } from '../store/ask.ts'
import type { FactorStore, NonceStore, StoredFactor } from '../store/store.ts'
import type { Cause } from './accounts.ts'
import type { Owner } from './factors.ts'
import { isFramed, readCredential, readStored, type StoredPasskey } from './passkey-content.ts'
import { ALGORITHMS, type CoseMap, isOwnAlgorithm, isSoundKey, isStrictSignature } from './passkey-key.ts'

/** What a ceremony is for. `sign-in` stands alone: the device must have made sure of its user. */
export type CeremonyKind = 'register' | 'sign-in' | 'second-factor' | 'step-up'

export interface PasskeyParts {
  readonly store: FactorStore
  readonly nonces: Pick<NonceStore, 'spend'>
  /** Seals challenges for the browser that asked for them. */
  readonly ceremonies: Sealer
  readonly audit: AuditPart
  readonly random: Random
  readonly site: () => Site
}

/** Whose passkeys these are: the origin that browsers use, and the website's name. */
export interface Site {
  readonly origin: string
  readonly name: string
}

export interface Begun {
  /** For `navigator.credentials`, as JSON. */
  readonly options: object
  /** Comes back with the answer. */
  readonly ceremony: string
}

/** Passkeys (WebAuthn Level 3). A challenge is 32 random bytes, for one kind of ceremony, one account and five minutes, and counts once. */
export interface Passkeys {
  /** False where browsers know no passkeys: the site's name is an address. */
  isOffered(): boolean
  beginRegister(owner: Owner, own: readonly StoredFactor[], at: Instant): Promise<Begun>
  register(owner: Owner, ceremony: string, response: string, name: string, cause: Cause): Promise<'added' | 'passkey_refused'>
  /** `owner` null: whoever answers says who he is. */
  beginUse(kind: Exclude<CeremonyKind, 'register'>, owner: Owner | null, own: readonly StoredFactor[], at: Instant): Promise<Begun>
  /** Whose passkey answered; null when none did that counts. */
  use(
    kind: Exclude<CeremonyKind, 'register'>,
    owner: Owner | null,
    ceremony: string,
    response: string,
    cause: Cause,
  ): Promise<AccountId | null>
}

export function createPasskeys({ store, nonces, ceremonies, audit, random, site }: PasskeyParts): Passkeys {
  const rpId = (): string => new URL(site().origin).hostname

  function begin(
    kind: CeremonyKind,
    account: AccountId | null,
    at: Instant,
  ): { readonly challenge: Uint8Array<ArrayBuffer>; readonly ceremony: string } {
    const challenge = new Uint8Array(random(32))
    const text = Buffer.from(challenge).toString('base64url')
    return { challenge, ceremony: ceremonies.seal(`${kind} ${account ?? '-'} ${text}`, at + CEREMONY_MS) }
  }

  /** The challenge of a ceremony of this kind and account; null when there is none, or when it was answered before. */
  async function challengeOf(kind: CeremonyKind, account: AccountId | null, ceremony: string, at: Instant): Promise<string | null> {
    const [own, whose, challenge] = ceremonies.open(ceremony, at)?.split(' ') ?? []
    if (own !== kind || whose !== (account ?? '-') || challenge === undefined) return null
    return (await ask(() => nonces.spend('passkey', challenge, at + CEREMONY_MS))) ? challenge : null
  }

  function isOffered(): boolean {
    // WebAuthn §5.1.2: an RP ID is a domain; localhost counts as one, addresses do not.
    return !/^(?:\[|\d+(?:\.\d+){3}$)/.test(rpId())
  }

  async function beginRegister(owner: Owner, own: readonly StoredFactor[], at: Instant): Promise<Begun> {
    const { generateRegistrationOptions } = await webAuthn()
    const { challenge, ceremony } = begin('register', owner.id, at)
    const options = await generateRegistrationOptions({
      rpName: site().name,
      rpID: rpId(),
      userName: owner.name,
      userDisplayName: owner.name,
      // Random when the account was made, and nothing that tells who it is (WebAuthn §14.6.1).
      userID: new Uint8Array(Buffer.from(owner.id, 'base64url')),
      challenge,
      attestationType: 'none',
      timeout: CEREMONY_MS,
      excludeCredentials: passkeysIn(own),
      authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
      supportedAlgorithmIDs: ALGORITHMS,
    })
    return { options, ceremony }
  }

  async function register(owner: Owner, ceremony: string, sent: string, name: string, cause: Cause): Promise<'added' | 'passkey_refused'> {
    const challenge = await challengeOf('register', owner.id, ceremony, cause.at)
    const response = readCredential(sent)
    if (challenge === null || response === null) return 'passkey_refused'
    const { verifyRegistrationResponse } = await webAuthn()
    const verified = await verifyRegistrationResponse({
      response: response as WebAuthn.RegistrationResponseJSON,
      expectedChallenge: challenge,
      expectedOrigin: site().origin,
      expectedRPID: rpId(),
      requireUserVerification: false,
      supportedAlgorithmIDs: ALGORITHMS,
    }).catch(() => null)
    if (verified?.verified !== true || isFramed(response)) return 'passkey_refused'
    const { credential, credentialDeviceType, attestationObject } = verified.registrationInfo
    if (credential.id !== response.id || !(await isSound(attestationObject, credential.publicKey))) return 'passkey_refused'
    // WebAuthn §7.1 step 25: longer ones are refused, and so is one that somebody has.
    if (Buffer.from(credential.id, 'base64url').length > LONGEST_ID) return 'passkey_refused'
    const content: StoredPasskey = {
      publicKey: Buffer.from(credential.publicKey).toString('base64url'),
      counter: credential.counter,
      deviceType: credentialDeviceType,
      transports: credential.transports ?? [],
    }
    const factor = { id: credential.id, account: owner.id, kind: 'passkey', name, content: JSON.stringify(content) } as const
    if (!(await ask(() => store.insert({ ...factor, createdAt: cause.at, lastUsedAt: null })))) return 'passkey_refused'
    await audit.commit(auditEvent({ ...cause, kind: 'factor.added', target: owner.name, detail: { factor: 'passkey' } }))
    return 'added'
  }

  async function beginUse(
    kind: Exclude<CeremonyKind, 'register'>,
    owner: Owner | null,
    own: readonly StoredFactor[],
    at: Instant,
  ): Promise<Begun> {
    const { generateAuthenticationOptions } = await webAuthn()
    const { challenge, ceremony } = begin(kind, owner?.id ?? null, at)
    const options = await generateAuthenticationOptions({
      rpID: rpId(),
      challenge,
      timeout: CEREMONY_MS,
      // Whoever signs in by passkey alone is not asked for a name: the same for everybody, so that nothing tells who exists (§14.6.2).
      allowCredentials: owner === null ? [] : passkeysIn(own),
      userVerification: kind === 'sign-in' ? 'required' : 'preferred',
    })
    return { options, ceremony }
  }

  async function use(
    kind: Exclude<CeremonyKind, 'register'>,
    owner: Owner | null,
    ceremony: string,
    sent: string,
    cause: Cause,
  ): Promise<AccountId | null> {
    const challenge = await challengeOf(kind, owner?.id ?? null, ceremony, cause.at)
    const response = readCredential(sent)
    if (challenge === null || response === null) return null
    const factor = await ask(() => store.find(response.id))
    if (factor === null || factor.kind !== 'passkey' || (owner !== null && factor.account !== owner.id)) return null
    const { userHandle } = response.response
    // §7.2 step 6: alone, it must say whose it is; and whatever it says must be so.
    if (userHandle === undefined ? owner === null : userHandle !== factor.account) return null
    const stored = readStored(factor)
    const verified = stored === null ? null : await verify(kind, challenge, response, factor, stored)
    if (stored === null || verified === null) return null
    if (verified === 'counter') {
      // §6.1.1: two devices answer with the same key. It is not used until somebody has looked into it.
      const reason = { result: 'refused', reason: 'counter' } as const
      await audit.commit(auditEvent({ ...cause, kind: 'factor.counter_regressed', target: owner?.name ?? null, ...reason }))
      return null
    }
    const content = JSON.stringify({ ...stored, counter: verified.newCounter } satisfies StoredPasskey)
    return (await ask(() => store.use(factor.id, factor.content, content, cause.at))) ? factor.account : null
  }

  async function verify(
    kind: CeremonyKind,
    challenge: string,
    response: NonNullable<ReturnType<typeof readCredential>>,
    factor: StoredFactor,
    stored: StoredPasskey,
  ): Promise<{ readonly newCounter: number } | 'counter' | null> {
    const { verifyAuthenticationResponse } = await webAuthn()
    const outcome = await verifyAuthenticationResponse({
      response: response as WebAuthn.AuthenticationResponseJSON,
      expectedChallenge: challenge,
      expectedOrigin: site().origin,
      expectedRPID: rpId(),
      // The counter is compared here, where a smaller one is more than a failure.
      credential: { id: factor.id, publicKey: new Uint8Array(Buffer.from(stored.publicKey, 'base64url')), counter: 0 },
      requireUserVerification: kind === 'sign-in',
    }).catch(() => null)
    if (outcome?.verified !== true || isFramed(response)) return null
    const cose = await coseOf(Buffer.from(stored.publicKey, 'base64url'))
    if (!isStrictSignature(Buffer.from(String(response.response.signature), 'base64url'), cose)) return null
    const { newCounter, credentialDeviceType } = outcome.authenticationInfo
    // §7.2 step 19: whether a key can be copied to other devices does not change.
    if (credentialDeviceType !== stored.deviceType) return null
    return (newCounter > 0 || stored.counter > 0) && newCounter <= stored.counter ? 'counter' : { newCounter }
  }

  return { isOffered, beginRegister, register, beginUse, use }
}

function passkeysIn(own: readonly StoredFactor[]): { id: string; transports: string[] }[] {
  return own.flatMap((factor) =>
    factor.kind === 'passkey' ? [{ id: factor.id, transports: [...(readStored(factor)?.transports ?? [])] }] : [],
  )
}

const CEREMONY_MS = 300_000
const LONGEST_ID = 1023

/** Nothing behind its end, and a key that fits what is said of it. */
async function isSound(attestationObject: Uint8Array, publicKey: Uint8Array): Promise<boolean> {
  const { decodeAttestationObject, isoCBOR } = await import('@simplewebauthn/server/helpers')
  const whole = decodeAttestationObject(new Uint8Array(attestationObject))
  const cose = await coseOf(publicKey)
  if (isoCBOR.encode(whole as unknown as Parameters<typeof isoCBOR.encode>[0]).length !== attestationObject.length) return false
  return isSoundKey(cose) && isOwnAlgorithm(whole.get('attStmt') as unknown as CoseMap, cose)
}

async function coseOf(publicKey: Uint8Array): Promise<CoseMap> {
  const { decodeCredentialPublicKey } = await import('@simplewebauthn/server/helpers')
  return decodeCredentialPublicKey(new Uint8Array(publicKey)) as unknown as CoseMap
}

/** Loaded with the first ceremony. */
async function webAuthn(): Promise<typeof WebAuthn> {
  return await import('@simplewebauthn/server')
}
