import { describe, expect, it } from 'vitest'
import { buildScene } from '../src/build-scene.ts'
import { checkScene } from '../src/check.ts'
import { mac } from '../src/guess/guess.ts'
import { fromBase64url } from '../src/encoding/base64url.ts'
import { utf8 } from '../src/encoding/bytes.ts'
import type { Jwk } from '../src/jose/keys.ts'
import { readJwt } from '../src/jose/read.ts'
import { embeddedKey, verifyWith } from '../src/jose/verify.ts'

type Vector = {
  readonly source: string
  readonly compact: string
  readonly key?: Jwk
  readonly at?: number
  readonly finds: readonly string[]
  readonly spares: readonly string[]
}

// The samples of the standards: data from the sections named. What each must be told, and what it must not be told.
const vectors: readonly Vector[] = [
  {
    source: 'RFC 7515 A.1 and RFC 7519 §3.1 (HS256)',
    compact:
      'eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
    key: { kty: 'oct', k: 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow' },
    at: 1_300_819_000,
    finds: ['JWT-20', 'JWT-22'],
    spares: ['JWT-01', 'JWT-06', 'JWT-07', 'JWT-16', 'JWT-37', 'JWT-44', 'JWT-45'],
  },
  {
    source: 'RFC 7515 A.3 (ES256)',
    compact:
      'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q',
    key: { kty: 'EC', crv: 'P-256', x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU', y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0' },
    finds: ['JWT-16', 'JWT-23'],
    spares: ['JWT-10', 'JWT-11', 'JWT-45'],
  },
  {
    source: 'RFC 7515 A.5 and RFC 7519 §6.1 (unsecured)',
    compact: 'eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.',
    finds: ['JWT-01'],
    spares: ['JWT-02', 'JWT-37', 'JWT-44'],
  },
  {
    source: 'RFC 7520 §4.3 (ES512)',
    compact:
      'eyJhbGciOiJFUzUxMiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4.AE_R_YZCChjn4791jSQCrdPZCNYqHXCTZH0-JZGYNlaAjP2kqaluUIIUnC9qvbu9Plon7KRTzoNEuT4Va2cmL1eJAQy3mtPBu_u_sDDyYjnAMDxXPn7XrT0lw-kvAD890jl8e2puQens_IEKBpHABlsbEPX6sFY8OcGDqoRuBomu9xQ2',
    key: {
      kty: 'EC',
      kid: 'bilbo.baggins@hobbiton.example',
      use: 'sig',
      crv: 'P-521',
      x: 'AHKZLLOsCOzz5cY97ewNUajB957y-C-U88c3v13nmGZx6sYl_oJXu9A5RkTKqjqvjyekWF-7ytDyRXYgCF5cj0Kt',
      y: 'AdymlHvOiLxXkEhayXQnNCvDX4h9htZaCJN34kfmC6pV5OhQHiraVySsUdaQkAgDPrwQrJmbnX9cwlGfP-HqHZR1',
    },
    finds: ['JWT-37'],
    spares: ['JWT-04', 'JWT-10', 'JWT-11', 'JWT-26', 'JWT-45'],
  },
  {
    source: 'RFC 7520 §4.4 (HS256)',
    compact:
      'eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjNzAzNyJ9.SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4.s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0',
    key: {
      kty: 'oct',
      kid: '018c0ae5-4d9b-471b-bfd6-eef314bc7037',
      use: 'sig',
      alg: 'HS256',
      k: 'hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg',
    },
    finds: ['JWT-37'],
    spares: ['JWT-06', 'JWT-07', 'JWT-45'],
  },
  {
    source: 'RFC 7520 §5.9 (compressed JWE)',
    compact:
      'eyJhbGciOiJBMTI4S1ciLCJraWQiOiI4MWIyMDk2NS04MzMyLTQzZDktYTQ2OC04MjE2MGFkOTFhYzgiLCJlbmMiOiJBMTI4R0NNIiwiemlwIjoiREVGIn0.5vUT2WOtQxKWcekM_IzVQwkGgzlFDwPi.p9pUq6XHY0jfEZIl.HbDtOsdai1oYziSx25KEeTxmwnh8L8jKMFNc1k3zmMI6VB8hry57tDZ61jXyezSPt0fdLVfe6Jf5y5-JaCap_JQBcb5opbmT60uWGml8blyiMQmOn9J--XhhlYg0m-BHaqfDO5iTOWxPxFMUedx7WCy8mxgDHj0aBMG6152PsM-w5E_o2B3jDbrYBKhpYA7qi3AyijnCJ7BP9rr3U8kxExCpG3mK420TjOw.VILuUwuIxaLVmh5X-T7kmA',
    finds: ['JWT-36'],
    spares: ['JWT-02', 'JWT-34', 'JWT-37', 'JWT-54'],
  },
  {
    source: 'RFC 9449 §4.1 (DPoP proof)',
    compact:
      'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg',
    at: 1_562_262_620,
    finds: [],
    spares: ['JWT-10', 'JWT-15', 'JWT-29', 'JWT-30', 'JWT-42', 'JWT-52'],
  },
]

describe('the samples of the standards', () => {
  it.each(vectors)('$source', async ({ compact, key, at = 1_800_000_000, finds, spares }) => {
    const keySets = key === undefined ? [] : [{ label: 'keys', keys: [key], confidential: true, faults: [] }]
    const { findings } = await checkScene(buildScene({ jwts: [compact], keySets, now: at, guessing: { tries: 2000 } }))
    const ids = new Set<string>(findings.map(({ ruleId }) => ruleId))
    expect(finds.filter((id) => !ids.has(id))).toEqual([])
    expect(spares.filter((id) => ids.has(id))).toEqual([])
  })

  it.each(vectors.filter(({ key, source }) => key !== undefined || source.includes('DPoP')))(
    '$source verifies, and no longer after one changed bit',
    async ({ compact, key }) => {
      const jwt = readJwt(compact)
      if (jwt.kind !== 'signed') throw new Error('not signed')
      const jwk = key ?? embeddedKey(jwt) ?? {}
      expect(await verifyWith(jwt, jwk)).toBe('valid')
      const signature = Uint8Array.from(jwt.signature)
      signature[5] = (signature[5] ?? 0) ^ 1
      expect(await verifyWith({ ...jwt, signature }, jwk)).toBe('invalid')
    },
  )

  it('RFC 4231 §4.3: the synchronous HMAC of the guesser, in all three sizes', () => {
    const hex = (bits: number): string => Buffer.from(mac(bits, utf8('Jefe'), utf8('what do ya want for nothing?'))).toString('hex')
    expect(hex(256)).toBe('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843')
    expect(hex(384)).toBe('af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649')
    expect(hex(512)).toBe(
      '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
    )
  })

  it('RFC 4648 §10: base64url', () => {
    expect(['Zg', 'Zm8', 'Zm9v', 'Zm9vYg', 'Zm9vYmE', 'Zm9vYmFy'].map((text) => new TextDecoder().decode(fromBase64url(text)))).toEqual([
      'f',
      'fo',
      'foo',
      'foob',
      'fooba',
      'foobar',
    ])
  })
})
