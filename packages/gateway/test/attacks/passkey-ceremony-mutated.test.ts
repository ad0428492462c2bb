import { createHash, createSecretKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { createPasskeys, type Passkeys } from '../../src/account/passkeys.ts'
import { COMMAND } from '../../src/audit/event.ts'
import { createSealer } from '../../src/session/sealed.ts'
import { memoryStores } from '../../src/store/memory.ts'
import type { Stores } from '../../src/store/store.ts'
import {
  AT,
  attestation,
  attestedData,
  authenticatorData,
  type Cbor,
  clientBytes,
  coseOf,
  encode,
  type Parts,
  sent,
  signWith,
  toBeSigned,
} from '../ceremony-bytes.ts'

/** One honest ceremony, of which one thing each is changed: whatever is changed, it is refused and nothing is kept. */
const [UP, UV, BE, BS, ED] = [1, 4, 8, 16, 128]
const owner = { id: randomBytes(16).toString('base64url'), name: 'ada' }
const cause = { at: 1_700_000_000_000, actor: COMMAND }
const ORIGIN = 'https://shop.example'
const NOTHING = Buffer.alloc(0)
const EXTENSIONS = encode(new Map([['credProtect', 2]]))

let stores: Stores
let passkeys: Passkeys
let key: KeyObject
let honest: Parts
beforeEach(() => {
  stores = memoryStores()
  passkeys = createPasskeys({
    store: stores.factors,
    nonces: stores.nonces,
    ceremonies: createSealer({
      key: createSecretKey(createHash('sha256').update('ceremonies').digest()),
      random: randomBytes,
      purpose: 'ceremony',
    }),
    audit: { note: () => undefined, commit: async () => undefined },
    random: randomBytes,
    site: () => ({ origin: ORIGIN, name: 'Shop' }),
  })
  key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  honest = {
    client: {},
    rpId: 'shop.example',
    flags: UP | UV | BE,
    counter: 5,
    aaguid: Buffer.alloc(16),
    id: randomBytes(32),
    cose: coseOf('ES256', key),
    tail: NOTHING,
  }
})

type Client = Record<string, unknown>
const challengeIn = (options: object): string => String((options as { challenge: unknown }).challenge)
const told = (type: string, challenge: string): Client => ({ type, challenge, origin: ORIGIN, crossOrigin: false })

interface Creation {
  readonly client?: (honest: Client) => unknown
  readonly parts?: (honest: Parts) => Partial<Parts>
  readonly fmt?: string
  readonly statement?: (data: Buffer, client: Buffer) => Cbor
  readonly object?: (whole: Buffer) => Buffer
  readonly over?: (id: string) => object
}

async function register(change: Creation = {}): Promise<string> {
  const begun = await passkeys.beginRegister(owner, [], cause.at)
  const client = told('webauthn.create', challengeIn(begun.options))
  const parts = { ...honest, flags: honest.flags | AT, client: change.client?.(client) ?? client }
  const whole = { ...parts, ...change.parts?.(parts) }
  const [data, clientDataJSON] = [attestedData(whole), clientBytes(whole)]
  const object = attestation(change.fmt ?? 'none', change.statement?.(data, clientDataJSON) ?? new Map(), data)
  const response = { clientDataJSON, attestationObject: change.object?.(object) ?? object }
  const text = sent(whole.id, response, change.over?.(whole.id.toString('base64url')))
  return await passkeys.register(owner, begun.ceremony, text, 'key', cause)
}

const cose = (key: number, value: number | Buffer | null): Creation => ({
  parts: (parts) => {
    const changed = new Map(parts.cose)
    if (value === null) changed.delete(key)
    else changed.set(key, value)
    return { cose: changed }
  },
})
const field = (name: string, value: unknown): Creation => ({ client: (client) => ({ ...client, [name]: value }) })
const packed =
  (alg: number, signature: (data: Buffer, client: Buffer) => Buffer): NonNullable<Creation['statement']> =>
  (data, client) =>
    new Map<string, Cbor>([
      ['alg', alg],
      ['sig', signature(data, client)],
    ])
const own = (data: Buffer, client: Buffer): Buffer => signWith('ES256', key, toBeSigned(data, client))

describe('a registration of which one thing is changed', () => {
  test('unchanged it is taken; so is one that the key itself attests', async () => {
    expect(await register()).toBe('added')
    honest = { ...honest, id: randomBytes(32) }
    expect(await register({ fmt: 'packed', statement: packed(-7, own) })).toBe('added')
  })

  const CHANGES: readonly [string, Creation][] = [
    ['clientData: no type', field('type', undefined)],
    ['clientData: the type in capitals', field('type', 'WEBAUTHN.CREATE')],
    ['clientData: the type of an assertion', field('type', 'webauthn.get')],
    ['clientData: no challenge', field('challenge', undefined)],
    ['clientData: an empty challenge', field('challenge', '')],
    ['clientData: the challenge with padding', { client: (client) => ({ ...client, challenge: `${String(client['challenge'])}=` }) }],
    ['clientData: the challenge, cut by one', { client: (client) => ({ ...client, challenge: String(client['challenge']).slice(0, -1) }) }],
    ['clientData: no origin', field('origin', undefined)],
    ['clientData: the origin null', field('origin', 'null')],
    ['clientData: the origin with a slash', field('origin', `${ORIGIN}/`)],
    ['clientData: the origin in capitals', field('origin', 'https://SHOP.example')],
    ['clientData: the origin with a dot at its end', field('origin', `${ORIGIN}.`)],
    ['clientData: a sister of the origin', field('origin', 'https://www.shop.example')],
    ['clientData: the origin in a list', field('origin', [ORIGIN])],
    ['clientData: crossOrigin true', field('crossOrigin', true)],
    ['clientData: crossOrigin as text', field('crossOrigin', 'true')],
    ['clientData: crossOrigin as a number', field('crossOrigin', 1)],
    ['clientData: crossOrigin null', field('crossOrigin', null)],
    ['clientData: a topOrigin, and be it our own', field('topOrigin', ORIGIN)],
    ['clientData: a topOrigin of null', field('topOrigin', null)],
    ['clientData: a list', { client: (client) => [client] }],
    ['clientData: no JSON', { client: () => Buffer.from('{"type":') }],
    ['clientData: empty', { client: () => NOTHING }],
    ['authenticatorData: another site’s RP ID', { parts: () => ({ rpId: 'evil.example' }) }],
    ['authenticatorData: the RP ID of a site below ours', { parts: () => ({ rpId: 'www.shop.example' }) }],
    ['authenticatorData: the origin for an RP ID', { parts: () => ({ rpId: ORIGIN }) }],
    ['authenticatorData: UP not set', { parts: () => ({ flags: UV | BE | AT }) }],
    ['authenticatorData: BS set without BE', { parts: () => ({ flags: UP | UV | BS | AT }) }],
    ['authenticatorData: AT not set', { parts: () => ({ flags: UP | UV | BE }) }],
    ['authenticatorData: ED set, and no extensions', { parts: () => ({ flags: UP | UV | BE | AT | ED }) }],
    ['authenticatorData: extensions, and ED not set', { parts: () => ({ tail: EXTENSIONS }) }],
    ['authenticatorData: bytes behind its end', { parts: () => ({ tail: Buffer.from([0]) }) }],
    ['an identifier of 1,024 bytes', { parts: () => ({ id: randomBytes(1024) }) }],
    ['an empty identifier', { parts: () => ({ id: NOTHING }) }],
    ['COSE: no key type', cose(1, null)],
    ['COSE: RSA said of a curve', cose(1, 3)],
    ['COSE: no algorithm', cose(3, null)],
    ['COSE: EdDSA said of a P-256 key', cose(3, -8)],
    ['COSE: RS256 said of a P-256 key', cose(3, -257)],
    ['COSE: ES384, which was not offered', cose(3, -35)],
    ['COSE: RS1, which nobody should take', cose(3, -65_535)],
    ['COSE: HMAC, with the public key for its secret', cose(3, 5)],
    ['COSE: P-384 said of a P-256 key', cose(-1, 2)],
    ['COSE: no curve', cose(-1, null)],
    ['COSE: no x', cose(-2, null)],
    ['COSE: no y', cose(-3, null)],
    ['COSE: a point that is not on the curve', cose(-3, Buffer.alloc(32, 7))],
    ['COSE: x cut by one', cose(-2, Buffer.alloc(31, 7))],
    ['attestation: none, with a statement', { statement: packed(-7, own) }],
    ['attestation: packed, without a statement', { fmt: 'packed' }],
    ['attestation: packed, signed by another key', { fmt: 'packed', statement: packed(-7, () => randomBytes(70)) }],
    ['attestation: packed, over other client data', { fmt: 'packed', statement: packed(-7, (data) => own(data, NOTHING)) }],
    ['attestation: packed, of another algorithm than the key', { fmt: 'packed', statement: packed(-257, own) }],
    ['attestation: of an unknown kind', { fmt: 'mine' }],
    ['attestation: cut', { object: (whole) => whole.subarray(0, -1) }],
    ['attestation: something behind it', { object: (whole) => Buffer.concat([whole, Buffer.from([0])]) }],
    ['attestation: no CBOR', { object: () => Buffer.from('{}') }],
    ['the envelope: rawId of another', { over: () => ({ rawId: randomBytes(32).toString('base64url') }) }],
    [
      'the envelope: id and rawId of another than the data names',
      {
        over: () => {
          const other = randomBytes(32).toString('base64url')
          return { id: other, rawId: other }
        },
      },
    ],
    ['the envelope: another type', { over: () => ({ type: 'password' }) }],
    ['the envelope: an id that is no base64url', { over: (id) => ({ id: `${id}=`, rawId: `${id}=` }) }],
  ]
  test.each(CHANGES)('MFA-08 %s', async (_what, change) => {
    expect(await register(change)).toBe('passkey_refused')
    expect(await stores.factors.list(owner.id)).toEqual([])
  })
})

interface Use {
  readonly client?: (honest: Client) => unknown
  readonly data?: (honest: Parts) => Partial<Parts>
  /** Of what is sent, when it was signed. */
  readonly signature?: (right: Buffer, data: Buffer, client: Buffer) => Buffer
  readonly after?: (response: Record<'clientDataJSON' | 'authenticatorData' | 'signature', Buffer>) => Readonly<Record<string, Buffer>>
  readonly over?: (id: string) => object
}

async function use(change: Use = {}): Promise<string | null> {
  const begun = await passkeys.beginUse('second-factor', owner, await stores.factors.list(owner.id), cause.at)
  const client = told('webauthn.get', challengeIn(begun.options))
  const parts = { ...honest, counter: 6, client: change.client?.(client) ?? client }
  const whole = { ...parts, ...change.data?.(parts) }
  const [data, clientDataJSON] = [authenticatorData(whole), clientBytes(whole)]
  const right = signWith('ES256', key, toBeSigned(data, clientDataJSON))
  const response = { clientDataJSON, authenticatorData: data, signature: change.signature?.(right, data, clientDataJSON) ?? right }
  const text = sent(whole.id, change.after?.(response) ?? response, change.over?.(whole.id.toString('base64url')))
  return await passkeys.use('second-factor', owner, begun.ceremony, text, cause)
}

const said = (name: string, value: unknown): Use => ({ client: (client) => ({ ...client, [name]: value }) })
const flip = (bytes: Buffer, at: number): Buffer => {
  const bent = Buffer.from(bytes)
  bent[at]! ^= 1
  return bent
}

describe('an assertion of which one thing is changed', () => {
  beforeEach(async () => {
    expect(await register()).toBe('added')
  })

  test('unchanged it counts', async () => {
    expect(await use()).toBe(owner.id)
  })

  const CHANGES: readonly [string, Use][] = [
    ['clientData: no type', said('type', undefined)],
    ['clientData: the type of a registration', said('type', 'webauthn.create')],
    ['clientData: the type of a payment', said('type', 'payment.get')],
    ['clientData: no challenge', said('challenge', undefined)],
    ['clientData: an empty challenge', said('challenge', '')],
    ['clientData: another challenge', said('challenge', randomBytes(32).toString('base64url'))],
    ['clientData: no origin', said('origin', undefined)],
    ['clientData: another origin', said('origin', 'https://evil.example')],
    ['clientData: another port', said('origin', `${ORIGIN}:444`)],
    ['clientData: another scheme', said('origin', 'http://shop.example')],
    ['clientData: the origin of an app', said('origin', 'android:apk-key-hash:AAAA')],
    ['clientData: crossOrigin true', said('crossOrigin', true)],
    ['clientData: crossOrigin as text', said('crossOrigin', 'true')],
    ['clientData: crossOrigin as a list', said('crossOrigin', [true])],
    ['clientData: a topOrigin', said('topOrigin', 'https://evil.example')],
    ['clientData: a topOrigin of null', said('topOrigin', null)],
    ['clientData: no JSON', { client: () => Buffer.from('no') }],
    ['authenticatorData: another RP ID', { data: () => ({ rpId: 'evil.example' }) }],
    ['authenticatorData: UP not set', { data: () => ({ flags: UV | BE }) }],
    ['authenticatorData: no flag at all', { data: () => ({ flags: 0 }) }],
    ['authenticatorData: BE gone', { data: () => ({ flags: UP | UV }) }],
    ['authenticatorData: BS without BE', { data: () => ({ flags: UP | UV | BS }) }],
    ['authenticatorData: AT set, and no key', { data: () => ({ flags: UP | UV | BE | AT }) }],
    ['authenticatorData: ED set, and no extensions', { data: () => ({ flags: UP | UV | BE | ED }) }],
    ['authenticatorData: bytes behind its end', { data: () => ({ tail: Buffer.from([0]) }) }],
    ['authenticatorData: a counter that stands', { data: () => ({ counter: 5 }) }],
    ['authenticatorData: a counter that went back', { data: () => ({ counter: 4 }) }],
    ['authenticatorData: a counter of zero', { data: () => ({ counter: 0 }) }],
    [
      'authenticatorData: changed after it was signed',
      { after: (all) => ({ ...all, authenticatorData: flip(all.authenticatorData, 36) }) },
    ],
    ['authenticatorData: cut', { after: (all) => ({ ...all, authenticatorData: all.authenticatorData.subarray(0, 36) }) }],
    [
      'clientData: a space added after it was signed',
      { after: (all) => ({ ...all, clientDataJSON: Buffer.concat([all.clientDataJSON, Buffer.from(' ')]) }) },
    ],
    ['signature: none', { signature: () => NOTHING }],
    ['signature: zeros', { signature: (right) => Buffer.alloc(right.length) }],
    ['signature: r and s of zero', { signature: () => Buffer.from('3006020100020100', 'hex') }],
    ['signature: cut', { signature: (right) => right.subarray(0, -1) }],
    ['signature: over the data alone', { signature: (_right, data) => signWith('ES256', key, data) }],
    ['signature: with another hash', { signature: (_right, data, client) => signWith('ES384', key, toBeSigned(data, client)) }],
    [
      'signature: by another key of the same kind',
      {
        signature: (_right, data, client) =>
          signWith('ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, toBeSigned(data, client)),
      },
    ],
    [
      'signature: RSA where the key is on a curve',
      {
        signature: (_right, data, client) =>
          signWith('RS256', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, toBeSigned(data, client)),
      },
    ],
    [
      'signature: Ed25519 where the key is on P-256',
      { signature: (_right, data, client) => signWith('EdDSA', generateKeyPairSync('ed25519').privateKey, toBeSigned(data, client)) },
    ],
    ['the envelope: a key that nobody has', { data: () => ({ id: randomBytes(32) }) }],
    ['the envelope: rawId of another', { over: () => ({ rawId: randomBytes(32).toString('base64url') }) }],
    ['the envelope: another type', { over: () => ({ type: 'password' }) }],
    ['the envelope: somebody else’s handle', { after: (all) => ({ ...all, userHandle: randomBytes(16) }) }],
    ['the envelope: an empty handle', { after: (all) => ({ ...all, userHandle: NOTHING }) }],
    [
      'the envelope: no signature',
      { after: ({ clientDataJSON, authenticatorData: data }) => ({ clientDataJSON, authenticatorData: data }) },
    ],
    ['the envelope: no data of the authenticator', { after: ({ clientDataJSON, signature }) => ({ clientDataJSON, signature }) }],
  ]
  test.each(CHANGES)('MFA-10 %s', async (_what, change) => {
    const before = await stores.factors.list(owner.id)
    expect(await use(change)).toBeNull()
    expect(await stores.factors.list(owner.id)).toEqual(before)
  })

  test('MFA-10 each bit of the signature', async () => {
    for (let bit = 0; bit < 70 * 8; bit += 1) {
      const signature = (right: Buffer): Buffer => {
        const bent = Buffer.from(right)
        // A signature is now and then a byte or two shorter.
        bent[Math.min(bit >> 3, right.length - 1)]! ^= 1 << (bit & 7)
        return bent
      }
      expect([bit, await use({ signature })]).toEqual([bit, null])
    }
  })

  test('MFA-10 the credential of another account, honestly used', async () => {
    const eve = { id: randomBytes(16).toString('base64url'), name: 'eve' }
    const begun = await passkeys.beginUse('second-factor', eve, [], cause.at)
    const client = clientBytes({ client: told('webauthn.get', challengeIn(begun.options)) })
    const data = authenticatorData({ ...honest, counter: 6 })
    const response = { clientDataJSON: client, authenticatorData: data, signature: own(data, client) }
    expect(await passkeys.use('second-factor', eve, begun.ceremony, sent(honest.id, response), cause)).toBeNull()
  })

  test('MFA-12 one challenge, answered twice at the same moment, counts once', async () => {
    const begun = await passkeys.beginUse('second-factor', owner, await stores.factors.list(owner.id), cause.at)
    const client = clientBytes({ client: told('webauthn.get', challengeIn(begun.options)) })
    const answers = Array.from({ length: 20 }, (_, turn) => {
      const data = authenticatorData({ ...honest, counter: 6 + turn })
      return sent(honest.id, { clientDataJSON: client, authenticatorData: data, signature: own(data, client) })
    })
    const found = await Promise.all(answers.map(async (text) => await passkeys.use('second-factor', owner, begun.ceremony, text, cause)))
    expect(found.filter((whose) => whose !== null)).toHaveLength(1)
  })
})
