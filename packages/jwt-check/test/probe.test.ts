import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createHmac, createPrivateKey, createPublicKey, createVerify, pbkdf2Sync, privateDecrypt, createDecipheriv } from 'node:crypto'
import { inflateRawSync } from 'node:zlib'
import type { AddressInfo } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { type JsonObject, shown } from '../src/encoding/json.ts'
import type { Jwk } from '../src/jose/keys.ts'
import { publicPart } from '../src/jose/keys.ts'
import { signJwt } from '../src/jose/sign.ts'
import { attacks } from '../src/probe/attacks.ts'
import { isLoopback } from '../src/probe/http-target.ts'
import { probe, type ProbeOutcome } from '../src/probe/probe.ts'
import type { ProbeOptions } from '../src/probe/probe-options.ts'
import type { VerifierCallback } from '../src/probe/target.ts'
import { profiles } from '../src/profile.ts'
import { ecKey, edKey, macKey, otherEcKey, rsaKey, secret } from './cases/make.ts'
import { type Check, justDecode, verifier } from './strict-verifier.ts'

const iss = 'https://issuer.example'
const aud = 'https://api.example'
const seconds = (): number => Math.floor(Date.now() / 1000)
const claims = (): JsonObject => ({
  iss,
  aud,
  sub: 'user-1',
  client_id: 'c',
  scope: 'read',
  iat: seconds(),
  exp: seconds() + 300,
  jti: crypto.randomUUID(),
})
const made =
  (alg: string, key: Jwk, header: JsonObject = {}) =>
  () =>
    signJwt({ alg, typ: 'at+jwt', ...header }, claims(), key)

const families = [
  ['ES256', ecKey],
  ['RS256', rsaKey],
  ['EdDSA', edKey],
  ['HS256', macKey],
] as const

async function attacked(verify: VerifierCallback, more: Partial<ProbeOptions> = {}): Promise<ProbeOutcome> {
  return probe(verify, { jwt: made('ES256', ecKey), signingKeys: [ecKey], timeoutMs: 2000, ...more })
}

const accepted = ({ trials }: ProbeOutcome): readonly string[] => [
  ...new Set(trials.filter(({ verdict }) => verdict !== 'held').map(({ attack }) => attack)),
]

describe('a strict verifier', () => {
  it.each(families)('withstands every attack under %s', async (alg, key) => {
    const outcome = await attacked(verifier({ alg, key, iss, aud }), { jwt: made(alg, key), signingKeys: [key] })
    expect(accepted(outcome)).toEqual([])
    expect(outcome.inconclusive).toBeUndefined()
    expect(outcome.report.findings).toEqual([])
    expect(outcome.trials.length).toBeGreaterThan(90)
  })

  it('is attacked by what needs no key, too, and told what was left out', async () => {
    const outcome = await attacked(verifier({ alg: 'ES256', key: ecKey, iss, aud }), { signingKeys: [] })
    expect(accepted(outcome)).toEqual([])
    expect(outcome.skipped.map(({ attack }) => attack)).toContain('expired')
    expect(outcome.trials.length).toBeGreaterThan(50)
  })
})

// Each lax verifier lacks one check; the attacks named are the ones that must notice.
const lax: readonly (readonly [Check, readonly string[]])[] = [
  ['form', ['loose-form']],
  ['bits', ['stray-bits']],
  ['json', ['duplicate-members']],
  ['crit', ['critical-header']],
  ['signature', ['altered-claims', 'broken-signature']],
  ['typ', ['wrong-type']],
  ['iss', ['wrong-issuer']],
  ['aud', ['wrong-audience']],
  ['exp', ['expired', 'no-expiry']],
  ['nbf', ['from-the-future']],
  ['cnf', ['bound-without-proof']],
]

describe('a verifier that lacks one check', () => {
  it.each(lax)('%s is caught', async (check, names) => {
    const outcome = await attacked(verifier({ alg: 'ES256', key: ecKey, iss, aud }, new Set([check])))
    for (const name of names) expect(accepted(outcome)).toContain(name)
    expect(outcome.report.counts.error + outcome.report.counts.warning).toBeGreaterThan(0)
  })

  it('JWT-24 neither type nor kind is caught by other kinds of JWT', async () => {
    expect(accepted(await attacked(verifier({ alg: 'ES256', key: ecKey, iss, aud }, new Set(['typ', 'kind']))))).toContain('other-kinds')
  })

  it('JWT-19 dates of any type is caught by odd dates', async () => {
    expect(accepted(await attacked(verifier({ alg: 'ES256', key: ecKey, iss, aud }, new Set(['dates', 'exp']))))).toContain('odd-dates')
  })

  it('JWT-42 memory is caught by replay', async () => {
    const options = { profile: { ...profiles.any, singleUse: true } }
    const duty = { alg: 'ES256', key: ecKey, iss, aud }
    expect(accepted(await attacked(verifier({ ...duty, seen: new Set() }), options))).toEqual([])
    expect(accepted(await attacked(verifier(duty), options))).toEqual(['replay'])
  })

  it('JWT-02 exact names is caught by misspelled algorithms', async () => {
    const strict = verifier({ alg: 'ES256', key: ecKey, iss, aud })
    const folding = async (jwt: string): Promise<unknown> => {
      const [head = '', ...rest] = jwt.split('.')
      const header = JSON.parse(Buffer.from(head, 'base64url').toString())
      return header.alg.trim().toUpperCase() === 'ES256'
        ? createVerify('SHA256')
            .update(`${head}.${rest[0]}`)
            .verify(
              { key: createPublicKey({ key: publicPart(ecKey) as object, format: 'jwk' } as never), dsaEncoding: 'ieee-p1363' },
              Buffer.from(rest[1] ?? '', 'base64url'),
            )
        : strict(jwt)
    }
    expect(accepted(await attacked(folding))).toContain('misspelled-algorithm')
  })
})

// Verifiers with the classic mistakes, each written the way in which it is made.
const part = (jwt: string, index: number): Buffer => Buffer.from(jwt.split('.')[index] ?? '', 'base64url')
const headerOf = (jwt: string): Record<string, never> => JSON.parse(part(jwt, 0).toString())
const strictRsa = verifier({ alg: 'RS256', key: rsaKey, iss, aud })
const pem = createPublicKey({ key: publicPart(rsaKey) as object, format: 'jwk' } as never)
  .export({ type: 'spki', format: 'pem' })
  .toString()
const hmacOk = (jwt: string, key: string | Buffer): boolean =>
  createHmac('sha256', key)
    .update(jwt.slice(0, jwt.lastIndexOf('.')))
    .digest('base64url') === jwt.split('.')[2]

const blunders: readonly (readonly [string, VerifierCallback, Partial<ProbeOptions>, string])[] = [
  ['JWT-01 takes none', (jwt) => (/^none$/i.test(headerOf(jwt)['alg'] ?? '') ? justDecode(jwt) : strictRsa(jwt)), {}, 'none-in-any-case'],
  [
    'JWT-03 feeds its PEM to HMAC',
    (jwt) => (headerOf(jwt)['alg'] === 'HS256' ? hmacOk(jwt, pem) : strictRsa(jwt)),
    {},
    'public-key-as-secret',
  ],
  [
    'JWT-04 takes the hash from the header',
    async (jwt) =>
      createVerify(`SHA${String(headerOf(jwt)['alg']).slice(2)}`)
        .update(jwt.slice(0, jwt.lastIndexOf('.')))
        .verify(pem, part(jwt, 2)),
    {},
    'key-under-second-algorithm',
  ],
  [
    'JWT-05 has a key for each family',
    (jwt) => (headerOf(jwt)['alg'] === 'HS256' ? hmacOk(jwt, Buffer.from(shown(macKey['k']), 'base64url')) : strictRsa(jwt)),
    { signingKeys: [rsaKey, macKey] },
    'both-families',
  ],
  [
    'JWT-07 has a guessable secret',
    (jwt) => hmacOk(jwt, 'letmein'),
    { jwt: made('HS256', secret('letmein')), signingKeys: [] },
    'guessed-secret',
  ],
  [
    'JWT-11 lets zeros through',
    (jwt) => (part(jwt, 2).every((byte) => byte === 0) && part(jwt, 2).length === 64) || strictRsa(jwt),
    {},
    'psychic-signature',
  ],
  [
    'JWT-26 reads its key from a file named by kid',
    (jwt) => (String(headerOf(jwt)['kid']).includes('/dev/null') ? hmacOk(jwt, '') : strictRsa(jwt)),
    {},
    'kid-injection',
  ],
  [
    'JWT-26 hands kid to a database',
    async (jwt) => {
      if (String(headerOf(jwt)['kid']).includes('SLEEP')) await new Promise((resolve) => setTimeout(resolve, 1990))
      return strictRsa(jwt)
    },
    { timeoutMs: 4000 },
    'kid-injection',
  ],
  [
    'JWT-28 fetches jku',
    async (jwt) => {
      const { jku } = headerOf(jwt)
      if (jku !== undefined)
        await fetch(jku).then(
          (response) => response.text(),
          () => '',
        )
      return strictRsa(jwt)
    },
    {},
    'key-urls',
  ],
  [
    'JWT-29 trusts the jwk in the header',
    (jwt) =>
      headerOf(jwt)['jwk'] === undefined
        ? strictRsa(jwt)
        : verifier({ alg: 'ES256', key: headerOf(jwt)['jwk'] as never, iss, aud }, new Set(['kid']))(jwt),
    {},
    'embedded-key',
  ],
  [
    'JWT-33, JWT-34, JWT-36 believes whatever decrypts',
    (jwt) => (jwt.split('.').length === 5 ? decrypted(jwt) : strictRsa(jwt)),
    {},
    'encrypted-not-signed',
  ],
  [
    'JWT-33 does not verify the inner JWT',
    (jwt) => (jwt.split('.').length === 5 ? justDecode(String(decrypted(jwt))) : strictRsa(jwt)),
    {},
    'nested-unsigned',
  ],
  ['JWT-36 unpacks without bound', (jwt) => (jwt.split('.').length === 5 ? decrypted(jwt) : strictRsa(jwt)), {}, 'compression-bomb'],
  ['JWT-54 takes a tag of four bytes', (jwt) => (jwt.split('.').length === 5 ? decrypted(jwt) : strictRsa(jwt)), {}, 'short-tag'],
  [
    'JWT-35 counts to whatever p2c says',
    (jwt) => {
      const { p2c } = headerOf(jwt)
      if (p2c !== undefined) pbkdf2Sync('x', 'y', Number(p2c), 16, 'sha256')
      return strictRsa(jwt)
    },
    {},
    'huge-iteration-count',
  ],
  [
    'JWT-32 does not know b64',
    (jwt) =>
      headerOf(jwt)['b64'] === undefined
        ? strictRsa(jwt)
        : createVerify('SHA256')
            .update(jwt.slice(0, jwt.lastIndexOf('.')))
            .verify(pem, part(jwt, 2)),
    {},
    'unencoded-payload',
  ],
  ['JWT-39 overflows on deep JSON', (jwt) => (part(jwt, 0).includes('[[[[') ? nested(5000) : strictRsa(jwt)), {}, 'deep-json'],
]

function decrypted(jwe: string): string | false {
  const [head = '', key = '', iv = '', text = '', tag = ''] = jwe.split('.')
  const header = JSON.parse(Buffer.from(head, 'base64url').toString())
  if (header.alg !== 'RSA-OAEP-256') return false
  const cek = privateDecrypt(
    { key: createPrivateKey({ key: rsaKey as object, format: 'jwk' } as never), oaepHash: 'sha256' },
    Buffer.from(key, 'base64url'),
  )
  const raw = Buffer.from(tag, 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', cek, Buffer.from(iv, 'base64url'), { authTagLength: raw.length })
    .setAAD(Buffer.from(head))
    .setAuthTag(raw)
  const plain = Buffer.concat([decipher.update(Buffer.from(text, 'base64url')), decipher.final()])
  return (header.zip === 'DEF' ? inflateRawSync(plain) : plain).toString()
}

function nested(levels: number): never {
  if (levels === 0) throw new RangeError('Maximum call stack size exceeded')
  return nested(levels - 1)
}

describe('a verifier with a classic mistake', () => {
  it.each(blunders)('%s', async (_, verify, options, name) => {
    const outcome = await attacked(verify, { jwt: made('RS256', rsaKey), signingKeys: [rsaKey], ...options })
    expect(accepted(outcome)).toContain(name)
  })

  it('that merely decodes is unmasked at once', async () => {
    const outcome = await attacked((jwt) => justDecode(jwt))
    expect(accepted(outcome)).toEqual(['garbage'])
    expect(outcome.report.findings[0]).toMatchObject({ ruleId: 'JWT-44', severity: 'error' })
  })

  it('has every attack among those that catch something', () => {
    const named = new Set([
      ...lax.flatMap(([, names]) => names),
      ...blunders.map(([, , , name]) => name),
      'other-kinds',
      'odd-dates',
      'replay',
      'misspelled-algorithm',
    ])
    expect(attacks.map(({ name }) => name).filter((name) => !named.has(name))).toEqual([])
    expect(new Set(attacks.map(({ name }) => name)).size).toBe(attacks.length)
  })
})

describe('a probe that cannot conclude', () => {
  it('says so when the valid JWT is refused', async () => {
    const outcome = await attacked(verifier({ alg: 'ES256', key: otherEcKey, iss, aud }))
    expect(outcome.inconclusive).toContain('does not accept the valid JWT')
    expect(outcome.trials).toEqual([])
  })

  it('stops when the verifier goes down on the way', async () => {
    let down = false
    const strict = verifier({ alg: 'ES256', key: ecKey, iss, aud })
    const outcome = await attacked((jwt) => {
      down ||= jwt.includes('[[[[') || part(jwt, 0).includes('[[[[')
      if (down) throw new RangeError('out of memory')
      return strict(jwt)
    })
    expect(outcome.inconclusive).toContain('deep-json')
  })

  it('refuses options that make no sense', async () => {
    await expect(probe('nonsense', { jwt: 'x' })).rejects.toThrow('neither a function nor a URL')
    await expect(probe('file:///etc/passwd', { jwt: 'x' })).rejects.toThrow('http or https')
    await expect(probe('http://127.0.0.1:9/', { jwt: 'x', header: 'Authorization' })).rejects.toThrow('form')
    await expect(probe(() => true, { jwt: 'a.b.c' })).rejects.toThrow('signed JWT with claims')
  })
})

describe('the probe over HTTP', () => {
  const servers: Server[] = []
  afterAll(() => servers.forEach((server) => server.close()))

  async function serve(answer: (jwt: string, request: IncomingMessage, response: ServerResponse) => unknown): Promise<string> {
    const server = createServer((request, response) => {
      void (async () => answer((request.headers.authorization ?? '').replace(/^Bearer /, ''), request, response))()
    })
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`
  }

  const strict = verifier({ alg: 'ES256', key: ecKey, iss, aud })
  const guarded = (refuse: (response: ServerResponse, jwt: string) => unknown) =>
    serve(async (jwt, _, response) => {
      try {
        await strict(jwt)
        response.end('{"orders":[]}')
      } catch {
        refuse(response, jwt)
      }
    })

  it('finds nothing at a strict verifier', async () => {
    const url = await guarded((response) => response.writeHead(401).end('refused'))
    const outcome = await probe(url, { jwt: made('ES256', ecKey), signingKeys: [ecKey] })
    expect(outcome.report.findings).toEqual([])
    expect(outcome.trials.some(({ verdict }) => verdict === 'unsendable')).toBe(true)
  })

  it('JWT-46 notices refusals that tell the reason', async () => {
    const url = await guarded((response, jwt) => response.writeHead(justDecodeSafely(jwt) ? 403 : 401).end())
    const outcome = await probe(url, { jwt: made('ES256', ecKey), signingKeys: [ecKey], only: new Set(['JWT-16', 'JWT-45']) })
    expect(outcome.report.findings.map(({ ruleId }) => ruleId)).toContain('JWT-46')
  })

  it('reports internal errors', async () => {
    const url = await guarded((response) => response.writeHead(500).end('at verify (/srv/node_modules/x/y.js:1:2)'))
    const outcome = await probe(url, { jwt: made('ES256', ecKey), only: new Set(['JWT-01']) })
    expect(outcome.report.findings[0]).toMatchObject({
      ruleId: 'JWT-01',
      severity: 'warning',
      reason: expect.stringContaining('internal error'),
    })
    expect(outcome.report.findings.map(({ ruleId }) => ruleId)).toContain('JWT-46')
  })

  it('sends every JWT to the named address alone, though the verifier redirects', async () => {
    const seen: string[] = []
    const elsewhere = await serve((jwt, _, response) => {
      seen.push(jwt)
      response.end('ok')
    })
    const url = await guarded((response) => response.writeHead(302, { location: elsewhere }).end())
    const outcome = await probe(url, { jwt: made('ES256', ecKey), signingKeys: [ecKey] })
    expect(seen).toEqual([])
    expect(accepted(outcome).filter((name) => name !== 'loose-form')).toEqual([])
  })

  it('never shows a forged or valid JWT whole', async () => {
    const valid = await made('ES256', ecKey)()
    const url = await serve((_, __, response) => response.end('ok'))
    const outcome = await probe(url, { jwt: valid })
    expect(JSON.stringify(outcome)).not.toContain(valid.slice(0, 40))
  })

  it("leaves other hosts alone unless they are one's own", async () => {
    for (const url of [
      'https://api.example/',
      'http://10.0.0.1/',
      'http://127.0.0.1.example/',
      'http://localhost.example/',
      'http://[::2]/',
    ]) {
      await expect(probe(url, { jwt: 'x' })).rejects.toThrow('this machine only')
    }
    expect(['http://localhost/', 'http://127.8.9.1/', 'http://[::1]:8080/'].every((url) => isLoopback(new URL(url)))).toBe(true)
  })

  function justDecodeSafely(jwt: string): boolean {
    return typeof justDecode(jwt)['exp'] === 'number' && Number(justDecode(jwt)['exp']) < seconds()
  }
})
