import { describe, expect, it } from 'vitest'
import {
  memoryNonces,
  staticKeys,
  verifyingKey,
  refusalAnswer,
  type KeySource,
  type NonceStore,
  type Refusal,
  type RefusalReason,
} from '../src/index.ts'
import { failed, fine } from '../src/outcome.ts'
import { CONTENT, gatewayKey, ORDER, reasonOf, signed, testVerifier, verdictOn } from './kit.ts'

const key = await verifyingKey(gatewayKey.publicJwk!)
if (!key.ok) throw new Error(key.detail)
const never = () => new Promise<never>(() => undefined)

describe('when something behind the verifier breaks, the request is refused (UPV-12)', () => {
  const keySources: Readonly<Record<string, KeySource>> = {
    throws: {
      find: () => {
        throw new Error('down')
      },
    },
    rejects: { find: () => Promise.reject(new Error('down')) },
    hangs: { find: never },
    'says it is unavailable': { find: () => Promise.resolve({ answer: 'unavailable', detail: 'down' }) },
    'answers nonsense': { find: () => Promise.resolve({ answer: 'perhaps' } as never) },
    'answers nonsense with a key in it': { find: () => Promise.resolve({ answer: 'perhaps', key: key.value } as never) },
    'answers nothing': { find: () => Promise.resolve(undefined as never) },
  }
  it.each(Object.entries(keySources))('a key source that %s', async (_what, keys) => {
    expect(await verdictOn(await signed(), CONTENT, { keys, patienceMs: 20 })).toMatch(/^(keys_unavailable|failure)$/)
  })

  it('a key source that gives another key than was asked for', async () => {
    const keys: KeySource = { find: () => Promise.resolve({ answer: 'key', key: { ...key.value, keyid: 'another' } }) }
    expect(await verdictOn(await signed(), CONTENT, { keys })).toBe('unknown_key')
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('broken')
      },
    ],
    ['answers 1', () => Promise.resolve(1 as never)],
    ['answers undefined', () => Promise.resolve(undefined as never)],
  ])('a key of one’s own whose check %s', async (_what, verify) => {
    const keys: KeySource = { find: () => Promise.resolve({ answer: 'key', key: { ...key.value, verify } }) }
    expect(await verdictOn(await signed(), CONTENT, { keys })).toMatch(/^(failure|bad_signature)$/)
  })

  const stores: Readonly<Record<string, NonceStore>> = {
    throws: {
      spend: () => {
        throw new Error('down')
      },
    },
    rejects: { spend: () => Promise.reject(new Error('down')) },
    hangs: { spend: never },
    'answers OK': { spend: () => Promise.resolve('OK' as never) },
    'answers 1': { spend: () => Promise.resolve(1 as never) },
    'answers undefined': { spend: () => Promise.resolve(undefined as never) },
  }
  it.each(Object.entries(stores))('a nonce store that %s', async (_what, nonces) => {
    expect(await verdictOn(await signed(), CONTENT, { nonces, patienceMs: 20 })).toBe('nonces_unavailable')
  })

  it('a full nonce store', async () => {
    const verify = await testVerifier({ nonces: memoryNonces({ most: 1 }) })
    const read = () => Promise.resolve(fine(CONTENT))
    expect(reasonOf(await verify(await signed(), read))).toBe('accepted')
    expect(reasonOf(await verify(await signed(ORDER, CONTENT, { nonce: () => 'the-second-nonce-of-it' }), read))).toBe('nonces_unavailable')
  })

  it('a clock, a log and a content reader that throw', async () => {
    const boom = () => {
      throw new Error('boom')
    }
    expect(await verdictOn(await signed(), CONTENT, { clock: boom })).toBe('failure')
    const verify = await testVerifier({ report: boom })
    expect(reasonOf(await verify(ORDER, boom))).toBe('unsigned')
    expect(reasonOf(await verify(await signed(), boom))).toBe('failure')
    expect(reasonOf(await verify(await signed(), () => Promise.resolve(failed('content_unavailable', 'gone'))))).toBe('content_unavailable')
  })
})

describe('content is asked for only after the signature has held', () => {
  it('an unsigned or wrongly signed request does not make the API read anything', async () => {
    const verify = await testVerifier()
    let asked = 0
    const read = () => {
      asked += 1
      return Promise.resolve(fine(CONTENT))
    }
    await verify(ORDER, read)
    await verify({ ...(await signed()), method: 'PUT' }, read)
    expect(asked).toBe(0)
    await verify(await signed(), read)
    expect(asked).toBe(1)
  })

  it('a nonce is used up by an accepted request only', async () => {
    const verify = await testVerifier()
    const request = await signed()
    const wrong = () => Promise.resolve(fine(new TextEncoder().encode('other')))
    expect(reasonOf(await verify(request, wrong))).toBe('digest_mismatch')
    expect(reasonOf(await verify(request, () => Promise.resolve(fine(CONTENT))))).toBe('accepted')
  })
})

describe('what a refused caller learns (UPV-16)', () => {
  it('the answer is the same bytes for every reason but the size limit', () => {
    const reasons: readonly RefusalReason[] = [
      'unsigned',
      'unknown_key',
      'bad_signature',
      'replayed',
      'too_old',
      'keys_unavailable',
      'nonces_unavailable',
      'digest_mismatch',
      'failure',
    ]
    const answers = new Set(reasons.map((reason) => JSON.stringify(refusalAnswer(reason))))
    expect(answers.size).toBe(1)
    expect(refusalAnswer('unknown_key').status).toBe(403)
    expect(refusalAnswer('content_too_large').status).toBe(413)
  })

  it('the owner learns the reason, the detail and the key', async () => {
    const refusals: Refusal[] = []
    const keys = await staticKeys([gatewayKey.publicJwk!])
    await verdictOn({ ...(await signed()), method: 'PUT' }, CONTENT, { keys, report: (refusal) => void refusals.push(refusal) })
    expect(refusals).toEqual([{ reason: 'bad_signature', detail: 'label cloakroom, key gw-2026-11', keyid: 'gw-2026-11' }])
    expect(JSON.stringify(refusals)).not.toContain('upstream-secret')
  })
})
