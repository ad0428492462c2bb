import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { base64url, fromBase64url, readBase64url } from '../src/encoding/base64url.ts'
import { utf8 } from '../src/encoding/bytes.ts'
import { readJson } from '../src/encoding/json.ts'
import { checkScene } from '../src/check.ts'
import { buildScene } from '../src/build-scene.ts'
import { maxJwtLength, readJwt } from '../src/jose/read.ts'
import { readInput } from '../src/scan/read-input.ts'
import { now } from './cases/make.ts'

// Bounded fuzzing: the seed is printed, so that a failure can be repeated with FC_SEED.
const seed = Number(process.env['FC_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const bounds = { seed, numRuns: 400, interruptAfterTimeLimit: 4000 }
process.stdout.write(`hostile input: seed ${seed}\n`)

const part = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.json().map((text) => base64url(utf8(text))),
  fc.uint8Array().map((bytes) => base64url(bytes)),
)
const alg = fc.constantFrom('none', 'HS256', 'RS256', 'ES256', 'EdDSA', 'dir', 'ECDH-ES', 'PBES2-HS256+A128KW')
const header = fc.dictionary(
  fc.constantFrom('kid', 'jku', 'x5c', 'jwk', 'crit', 'typ', 'cty', 'zip', 'epk', 'p2c', 'b64', 'x5t'),
  fc.jsonValue(),
)
const claims = fc.dictionary(
  fc.constantFrom('iss', 'sub', 'aud', 'exp', 'iat', 'nbf', 'jti', 'cnf', 'scope', 'events', 'htm', 'htu', 'email', 'client_id'),
  fc.jsonValue(),
)
const likely = fc
  .tuple(header, alg, claims, part)
  .map(
    ([head, alg, body, signature]) =>
      `${base64url(utf8(JSON.stringify({ ...head, alg })))}.${base64url(utf8(JSON.stringify(body)))}.${signature}`,
  )
const compact = fc.oneof(
  likely,
  fc.array(part, { maxLength: 7 }).map((parts) => parts.join('.')),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.json(),
)
const jwk = fc.record(
  {
    kty: fc.constantFrom('RSA', 'EC', 'OKP', 'oct', 'x'),
    n: part,
    e: part,
    x: part,
    y: part,
    k: part,
    crv: fc.constantFrom('P-256', 'Ed25519', 'x'),
    x5c: fc.array(part),
  },
  { requiredKeys: [] },
)

describe('input from strangers', () => {
  it('of any kind is read without a throw', () => {
    fc.assert(
      fc.property(compact, (text) => readJwt(text).kind.length > 0),
      bounds,
    )
  })

  it('of any kind is judged by all rules without a throw, and quickly', async () => {
    const property = fc.asyncProperty(fc.array(compact, { maxLength: 4 }), fc.array(jwk, { maxLength: 3 }), async (jwts, keys) => {
      const scene = buildScene({
        jwts,
        now,
        guessing: { tries: 5 },
        keySets: [{ label: 'keys', keys, confidential: false, faults: [] }],
      })
      const report = await checkScene(scene)
      // oxlint-disable-next-line no-control-regex -- the absence of control characters is what is tested
      for (const { at, pointer, reason } of report.findings) expect(at + pointer + reason).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/)
    })
    await fc.assert(property, { ...bounds, numRuns: 200 })
  })

  it('of any kind is sorted into JWTs, keys, recordings and storage without a throw', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.json(), fc.string({ unit: 'binary' }), compact),
        fc.constantFrom('check', 'scan'),
        (text, mode) => readInput(text, 'x.har', mode as 'check').jwts.length >= 0,
      ),
      bounds,
    )
  })

  it('is parsed as JSON exactly like the platform does, wherever there are no duplicates', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.string().map((text) => `{"a":${text}}`),
        ),
        (text) => {
          const ours = readJson(text)
          let theirs: unknown
          try {
            theirs = JSON.parse(text)
          } catch {
            expect(ours.kind).toBe('refused')
            return
          }
          if (ours.kind === 'refused') expect(ours.reason).not.toBe('syntax')
          else expect(JSON.stringify(ours.value)).toBe(JSON.stringify(theirs))
        },
      ),
      bounds,
    )
  })

  it('survives the way through base64url and back, and has one canonical spelling', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(fromBase64url(base64url(bytes))).toEqual(new Uint8Array(bytes))
      }),
      bounds,
    )
    fc.assert(
      fc.property(part, (text) => {
        const { bytes, faults } = readBase64url(text)
        if (bytes !== undefined && faults.length === 0) expect(base64url(bytes)).toBe(text)
      }),
      bounds,
    )
  })
})

describe('bombs', () => {
  const megabytes = (text: string): string => `${(text.length / 2 ** 20).toFixed(1)} MB`
  const bombs: readonly (readonly [string, () => string])[] = [
    ['one million opening brackets', () => `${base64url(utf8('{"alg":"none"}'))}.${base64url(utf8('['.repeat(150_000)))}.`],
    ['ten million dots', () => '.'.repeat(10_000_000)],
    ['sixteen megabytes of letters', () => 'a'.repeat(16 * 2 ** 20)],
    ['a header of a quarter million duplicate members', () => `${base64url(utf8(`{${'"a":1,'.repeat(25_000)}"alg":"none"}`))}.e30.`],
    ['a JSON text of ten million brackets', () => '['.repeat(10_000_000)],
    ['a log with a hundred thousand near misses', () => 'eyJhbGciOi eyJ. ey ewog.. '.repeat(100_000)],
    ['one long run that nearly looks like a JWT', () => `eyJ${'a'.repeat(4_000_000)}`],
    [
      'a kid made to confuse regular expressions',
      () => `${base64url(utf8(JSON.stringify({ alg: 'HS256', kid: 'union '.repeat(20_000) })))}.e30.AAAA`,
    ],
  ]

  it.each(bombs)('%s', async (name, make) => {
    const text = make()
    const [start, before] = [performance.now(), process.memoryUsage().rss]
    const { jwts } = readInput(text, 'bomb', 'check')
    const report = await checkScene(buildScene({ jwts, now, guessing: { tries: 10 } }))
    const milliseconds = Math.round(performance.now() - start)
    const grown = Math.max(0, Math.round((process.memoryUsage().rss - before) / 2 ** 20))
    process.stdout.write(`bomb: ${name}, ${megabytes(text)}: ${milliseconds} ms, memory grew by ${grown} MB\n`)
    expect(report.counts.error).toBeGreaterThanOrEqual(jwts.length > 0 ? 1 : 0)
    // A generous bound for slow machines: what it guards against would take minutes or the whole memory.
    expect(milliseconds).toBeLessThan(10_000)
    expect(grown).toBeLessThan(500)
  })

  it('beyond the longest JWT are named, not decoded', () => {
    expect(readJwt('a'.repeat(maxJwtLength + 1)).faults[0]?.kind).toBe('too-large')
  })
})
