import type * as Otpauth from 'otpauth'
import type { Instant } from '../decide/head.ts'
import type { Random } from '../lib/random.ts'

/** 160 bits, as RFC 4226 §4 recommends; base32 for people and apps. */
export async function newSeed(random: Random): Promise<string> {
  const { Secret } = await otpauth()
  return new Secret({ buffer: new Uint8Array(random(20)).buffer }).base32
}

/** `otpauth://totp/…`, which authenticator apps read from the QR code. */
export async function seedUri(seed: string, issuer: string, account: string): Promise<string> {
  const { Secret, TOTP } = await otpauth()
  return new TOTP({ ...SHAPE, issuer, label: account, secret: Secret.fromBase32(seed) }).toString()
}

/**
 * Which time step is this the code of? RFC 6238 with SHA-1, 6 digits, 30 s, as every app has it. The current step, and the one before,
 * because typing takes a while; none ahead. Null when it is the code of neither. Whether it was used before is the caller's question.
 */
export async function stepOfCode(seed: string, code: string, at: Instant): Promise<number | null> {
  const { Secret, TOTP } = await otpauth()
  const delta = TOTP.validate({ ...SHAPE, secret: Secret.fromBase32(seed), token: code, timestamp: at, window: 1 })
  return delta === 0 || delta === -1 ? TOTP.counter({ period: SHAPE.period, timestamp: at }) + delta : null
}

/** Nobody can use a code any more when its step and the next one are over. */
export const CODE_MS = 60_000

const SHAPE = { algorithm: 'SHA1', digits: 6, period: 30 } as const

/** Loaded when the first person shows a code: a gateway without second factors never does. */
async function otpauth(): Promise<typeof Otpauth> {
  return await import('otpauth')
}
