import { randomBytes } from 'node:crypto'
import { Secret, TOTP } from 'otpauth'
import { describe, expect, test } from 'vitest'
import { newSeed, seedUri, stepOfCode } from './totp.ts'

/** RFC 6238 Appendix B, SHA-1, seed `12345678901234567890`; the last six of its eight digits are the six-digit code. */
const SEED = new Secret({ buffer: new TextEncoder().encode('12345678901234567890').buffer }).base32
const VECTORS = [
  [59, '94287082'],
  [1_111_111_109, '07081804'],
  [1_111_111_111, '14050471'],
  [1_234_567_890, '89005924'],
  [2_000_000_000, '69279037'],
  [20_000_000_000, '65353130'],
] as const

describe('codes of an authenticator app', () => {
  test.each(VECTORS)('RFC 6238 Appendix B at %i s', async (seconds, eight) => {
    expect(await stepOfCode(SEED, eight.slice(-6), seconds * 1000)).toBe(Math.floor(seconds / 30))
  })

  test('MFA-03 the current step and the one before count, no other', async () => {
    const at = 1_700_000_010_000
    const code = (shift: number): string => TOTP.generate({ secret: Secret.fromBase32(SEED), timestamp: at + shift * 30_000 })
    const now = Math.floor(at / 30_000)
    expect(await stepOfCode(SEED, code(0), at)).toBe(now)
    expect(await stepOfCode(SEED, code(-1), at)).toBe(now - 1)
    expect(await stepOfCode(SEED, code(-2), at)).toBe(null)
    expect(await stepOfCode(SEED, code(1), at)).toBe(null)
  })

  test('MFA-05 a seed has 160 bits, and no two are alike', async () => {
    const seeds = await Promise.all(Array.from({ length: 20 }, () => newSeed(randomBytes)))
    expect(new Set(seeds).size).toBe(20)
    for (const seed of seeds) expect(Secret.fromBase32(seed).bytes).toHaveLength(20)
  })

  test('an app reads site, account and key from the address', async () => {
    const uri = new URL(await seedUri(SEED, 'The Shop & Co', 'ada@example.com'))
    expect(decodeURIComponent(uri.pathname)).toContain('The Shop & Co:ada@example.com')
    expect([uri.protocol, uri.searchParams.get('secret'), uri.searchParams.get('digits')]).toEqual(['otpauth:', SEED, '6'])
  })
})
