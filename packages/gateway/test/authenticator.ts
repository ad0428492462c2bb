import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/** What a ceremony says; each field may be told wrongly, to see it refused. */
export interface Ceremony {
  readonly type: string
  readonly challenge: string
  readonly origin: string
  readonly rpId: string
  /** UP 1, UV 4, BE 8, BS 16, AT 64. */
  readonly flags: number
  readonly counter: number
  readonly userHandle: string | null
  readonly crossOrigin: boolean
  readonly topOrigin: string | null
  readonly alg: number
  readonly credentialId: Buffer
  /** What the signature is over, or what signs it, is somebody else's. */
  readonly forge: boolean
}

export const UP = 1
export const UV = 4
export const BE = 8
export const BS = 16
const AT = 64

/** An authenticator in software: one P-256 key, WebAuthn's bytes made by hand (§6.1, §6.5.1, RFC 9053). */
export class Authenticator {
  readonly id = randomBytes(32)
  readonly #key: KeyObject
  readonly #public: KeyObject

  constructor() {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    this.#key = pair.privateKey
    this.#public = pair.publicKey
  }

  /** The answer to `navigator.credentials.create()`, as JSON. */
  create(options: Record<string, unknown>, change: Partial<Ceremony> = {}): string {
    const told = this.#told('webauthn.create', options, UP | UV, change)
    const id = told.credentialId
    const length = Buffer.alloc(2)
    length.writeUInt16BE(id.length)
    const attested = Buffer.concat([Buffer.alloc(16), length, id, this.#cose(told.alg)])
    const data = Buffer.concat([authenticatorData(told, told.flags | AT), attested])
    const object = Buffer.concat([
      Buffer.from([0xa3]),
      text('fmt'),
      text('none'),
      text('attStmt'),
      Buffer.from([0xa0]),
      text('authData'),
      bytes(data),
    ])
    const response = { clientDataJSON: url(clientData(told)), attestationObject: url(object), transports: ['internal'] }
    return credential(id, response)
  }

  /** The answer to `navigator.credentials.get()`, as JSON. */
  get(options: Record<string, unknown>, change: Partial<Ceremony> = {}): string {
    const told = this.#told('webauthn.get', options, UP | UV, change)
    const data = authenticatorData(told, told.flags)
    const client = clientData(told)
    const signed = Buffer.concat([
      data,
      createHash('sha256')
        .update(told.forge ? 'other' : client)
        .digest(),
    ])
    const signature = sign('sha256', signed, this.#key)
    const handle = told.userHandle === null ? {} : { userHandle: told.userHandle }
    return credential(told.credentialId, {
      clientDataJSON: url(client),
      authenticatorData: url(data),
      signature: url(signature),
      ...handle,
    })
  }

  #told(type: string, options: Record<string, unknown>, flags: number, change: Partial<Ceremony>): Ceremony {
    const rp = options['rp'] as { id?: string } | undefined
    return {
      type,
      challenge: String(options['challenge']),
      origin: 'https://shop.example',
      rpId: rp?.id ?? String(options['rpId']),
      flags,
      counter: 0,
      userHandle: null,
      crossOrigin: false,
      topOrigin: null,
      alg: -7,
      credentialId: this.id,
      forge: false,
      ...change,
    }
  }

  #cose(alg: number): Buffer {
    const { x = '', y = '' } = this.#public.export({ format: 'jwk' })
    const point = (text: string): Buffer => bytes(Buffer.from(text, 'base64url'))
    // {1: 2, 3: alg, -1: 1, -2: x, -3: y}; a negative number n is written as -1 - n.
    const encoded = alg < -24 ? Buffer.from([0x38, -1 - alg]) : Buffer.from([0x20 + (-1 - alg)])
    const head = [Buffer.from([0xa5, 0x01, 0x02, 0x03]), encoded, Buffer.from([0x20, 0x01, 0x21])]
    return Buffer.concat([...head, point(x), Buffer.from([0x22]), point(y)])
  }
}

function clientData({ type, challenge, origin, crossOrigin, topOrigin }: Ceremony): Buffer {
  return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin, ...(topOrigin === null ? {} : { topOrigin }) }))
}

function authenticatorData({ rpId, counter }: Ceremony, flags: number): Buffer {
  const count = Buffer.alloc(4)
  count.writeUInt32BE(counter)
  return Buffer.concat([createHash('sha256').update(rpId).digest(), Buffer.from([flags]), count])
}

function credential(id: Buffer, response: object): string {
  return JSON.stringify({ id: url(id), rawId: url(id), type: 'public-key', response, clientExtensionResults: {} })
}

function text(value: string): Buffer {
  return Buffer.concat([Buffer.from([0x60 + value.length]), Buffer.from(value)])
}

function bytes(value: Buffer): Buffer {
  const head =
    value.length < 24 ? [0x40 + value.length] : value.length < 256 ? [0x58, value.length] : [0x59, value.length >> 8, value.length & 255]
  return Buffer.concat([Buffer.from(head), value])
}

function url(value: Buffer): string {
  return value.toString('base64url')
}
