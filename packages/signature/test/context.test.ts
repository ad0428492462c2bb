import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EMPTY_CONTEXT, readContext, writeContext, type Context } from '../src/index.ts'
import { fine } from '../src/outcome.ts'
import { CONTENT, ORDER, signed, testVerifier, verdictOn, withField } from './kit.ts'

describe('Cloakroom-Context', () => {
  it('is one dictionary with the members that were opted in', () => {
    const context: Context = {
      account: 'u_123',
      roles: ['staff'],
      factors: ['pwd', 'otp'],
      assurance: 2,
      address: '203.0.113.9',
      requestId: 'r-1',
    }
    const written = writeContext(context)
    expect(written).toBe('v=1, sub="u_123", ip="203.0.113.9", rid="r-1", roles=("staff"), amr=("pwd" "otp"), aal=2')
    expect(readContext(written)).toEqual(fine(context))
    expect(writeContext(EMPTY_CONTEXT)).toBe('v=1')
  })

  it('every context reads back as it was written', () => {
    // Without control characters and lone surrogates, which writeContext refuses.
    const text = fc.string({ unit: 'grapheme' }).filter((each) => !/\p{Cc}/u.test(each))
    const maybe = fc.option(text)
    const context = fc.record({
      account: maybe,
      roles: fc.array(text),
      factors: fc.array(text),
      assurance: fc.option(fc.nat(3)),
      address: maybe,
      requestId: maybe,
    })
    fc.assert(
      fc.property(context, (each) => {
        expect(readContext(writeContext(each))).toEqual(fine(each))
      }),
      { seed: 9651 },
    )
  })

  it('a text with a control character is not written', () => {
    expect(() => writeContext({ ...EMPTY_CONTEXT, account: 'a\r\nx: y' })).toThrow(TypeError)
  })

  it.each([
    '',
    'sub="u"',
    'v=2, sub="u"',
    'v="1"',
    'v=1, sub=7',
    'v=1, roles="staff"',
    'v=1, roles=(1)',
    'v=1, aal="2"',
    'v=1, sub="a", sub="b"',
    'v=1, sub=("a")',
    'nonsense =',
  ])('%j is refused, signed or not', async (value) => {
    expect(readContext(value).ok).toBe(false)
    expect(await verdictOn(await signed(withField(ORDER, 'Cloakroom-Context', value)))).toBe('malformed_context')
  })

  it('reaches the app out of the signature only (UPV-14)', async () => {
    const verify = await testVerifier()
    const verdict = await verify(await signed(), () => Promise.resolve(fine(CONTENT)))
    expect(verdict).toMatchObject({
      verdict: 'accepted',
      signed: { context: { account: 'u_123', roles: ['staff'] }, method: 'POST', path: '/v1/orders', query: 'dry=1' },
    })
    if (verdict.verdict !== 'accepted') throw new Error('refused')
    expect([...verdict.signed.fields.keys()]).toEqual(['authorization', 'cloakroom-context', 'content-type', 'content-digest'])
  })
})
