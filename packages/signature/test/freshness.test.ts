import { describe, expect, it } from 'vitest'
import { memoryNonces, staticKeys } from '../src/index.ts'
import { fine } from '../src/outcome.ts'
import { CONTENT, gatewayKey, NOON, reasonOf, signed, testVerifier, verdictOn } from './kit.ts'

describe('how old a signature may be (UPV-07)', () => {
  // created and expires relative to the verifier's clock, in seconds.
  it.each([
    { created: 0, lifetime: 60, expected: 'accepted' },
    { created: -59, lifetime: 60, expected: 'accepted' },
    { created: -60, lifetime: 120, expected: 'accepted' },
    { created: -61, lifetime: 120, expected: 'too_old' },
    { created: -3600, lifetime: 7200, expected: 'too_old' },
    { created: 5, lifetime: 60, expected: 'accepted' },
    { created: 6, lifetime: 60, expected: 'from_the_future' },
    { created: 3600, lifetime: 60, expected: 'from_the_future' },
    { created: -10, lifetime: 10, expected: 'expired' },
    { created: -10, lifetime: 11, expected: 'accepted' },
  ])('created $created s from now for $lifetime s: $expected', async ({ created, lifetime, expected }) => {
    const request = await signed(undefined, CONTENT, { clock: () => NOON + created, lifetimeSeconds: lifetime })
    expect(await verdictOn(request)).toBe(expected)
  })

  it('a route may ask for less age (UPV-18)', async () => {
    const request = await signed(undefined, CONTENT, { clock: () => NOON - 20 })
    expect(await verdictOn(request, CONTENT, { maxAgeSeconds: 10 })).toBe('too_old')
    expect(await verdictOn(request, CONTENT, { maxAgeSeconds: 30 })).toBe('accepted')
  })

  it('content that arrives drop by drop does not outlive the nonce', async () => {
    let now = NOON
    const nonces = memoryNonces()
    const verify = await testVerifier({ clock: () => now, nonces })
    const request = await signed()
    expect(reasonOf(await verify(request, () => Promise.resolve(fine(CONTENT))))).toBe('accepted')
    // A replay whose head is fresh and whose content is held back until the store has forgotten the nonce.
    const slow = await verify(request, () => {
      now = NOON + 121
      return Promise.resolve(fine(CONTENT))
    })
    expect(reasonOf(slow)).toBe('too_old')
  })
})

describe('keys change while the API runs (UPV-13)', () => {
  it('both keys are good in the overlap, each outside its time is not', async () => {
    const open = gatewayKey.publicJwk!
    const notYet = await staticKeys([{ ...open, nbf: NOON + 1 }])
    const over = await staticKeys([{ ...open, exp: NOON }])
    const current = await staticKeys([{ ...open, nbf: NOON, exp: NOON + 1 }])
    expect(await verdictOn(await signed(), CONTENT, { keys: notYet })).toBe('key_not_valid_now')
    expect(await verdictOn(await signed(), CONTENT, { keys: over })).toBe('key_not_valid_now')
    expect(await verdictOn(await signed(), CONTENT, { keys: current })).toBe('accepted')
  })
})
