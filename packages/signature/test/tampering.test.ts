import { describe, expect, it } from 'vitest'
import { generateKey, publicJwk, staticKeys, type RequestMessage } from '../src/index.ts'
import { CONTENT, field, NOON, ORDER, signed, verdictOn, withField } from './kit.ts'

interface Tampered {
  readonly request: RequestMessage
  readonly content: Uint8Array
}
type TamperingClass = (request: RequestMessage) => readonly Tampered[]

// Every position of a text changed by one character, or every n-th, so that no byte goes unwatched without the count exploding.
function altered(text: string, step = 1): readonly string[] {
  const variants: string[] = []
  for (let at = 0; at < text.length; at += step) variants.push(text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1))
  return variants
}

function fieldVariants(request: RequestMessage, name: string, values: readonly string[]): readonly Tampered[] {
  return values.map((value) => ({ request: withField(request, name, value), content: CONTENT }))
}

const CLASSES: Readonly<Record<string, TamperingClass>> = {
  'another method': (request) =>
    ['GET', 'PUT', 'PATCH', 'DELETE', 'post', 'Post', 'HEAD', 'OPTIONS', 'POST '].map((method) => ({
      request: { ...request, method },
      content: CONTENT,
    })),
  'one character of the path': (request) => altered(request.path).map((path) => ({ request: { ...request, path }, content: CONTENT })),
  'another way to write the path': (request) =>
    [
      '/v1//orders',
      '/v1/./orders',
      '/v1/x/../orders',
      '/v1/orders/',
      '/v1/orders;a=b',
      '/v1/orders%20',
      '/v1/%6Frders',
      '/v1%2Forders',
      '//v1/orders',
      '/V1/orders',
      '',
    ].map((path) => ({ request: { ...request, path }, content: CONTENT })),
  'another query': (request) =>
    [null, '', 'dry=0', 'dry=1&', '&dry=1', 'dry=1&admin=1', 'Dry=1', 'dry=%31', 'dry=1#', 'dry'].map((query) => ({
      request: { ...request, query },
      content: CONTENT,
    })),
  'another authority': (request) =>
    ['api.example.test:8443', 'api.example.test.', 'evil.test', 'api.example.tes', 'user@api.example.test', ''].map((authority) => ({
      request: { ...request, authority },
      content: CONTENT,
    })),
  'one character of a covered field': (request) =>
    ['authorization', 'cloakroom-context', 'content-type'].flatMap((name) => fieldVariants(request, name, altered(field(request, name)))),
  'a covered field taken away': (request) =>
    ['authorization', 'cloakroom-context', 'content-type', 'content-digest'].map((name) => ({
      request: withField(request, name, null),
      content: CONTENT,
    })),
  'a covered field said twice': (request) =>
    ['authorization', 'cloakroom-context', 'content-type', 'content-digest', 'signature', 'signature-input'].map((name) => ({
      request: { ...request, fields: [...request.fields, [name, field(request, name)]] },
      content: CONTENT,
    })),
  'one byte of the content': (request) =>
    [...CONTENT.keys()].map((at) => ({ request, content: CONTENT.map((byte, index) => (index === at ? byte ^ 1 : byte)) })),
  'content shorter, longer or gone': (request) =>
    [
      new Uint8Array(),
      CONTENT.subarray(1),
      CONTENT.subarray(0, -1),
      Uint8Array.of(...CONTENT, 10),
      Uint8Array.of(...CONTENT, ...CONTENT),
    ].map((content) => ({ request, content })),
  'one character of the digest': (request) => fieldVariants(request, 'content-digest', altered(field(request, 'content-digest'), 4)),
  'one character of the signature': (request) => {
    const value = field(request, 'signature')
    const start = value.indexOf(':') + 1
    // The last character before the padding also holds bits that mean nothing; a change there alone is the same signature.
    return altered(value.slice(start, -4), 3).map((bytes) => ({
      request: withField(request, 'signature', value.slice(0, start) + bytes + value.slice(-4)),
      content: CONTENT,
    }))
  },
  'another length of the signature': (request) =>
    ['', 'AAAA', 'A'.repeat(84), 'A'.repeat(88)].map((bytes) => ({
      request: withField(request, 'signature', `cloakroom=:${bytes}:`),
      content: CONTENT,
    })),
  'one character of the parameters': (request) => fieldVariants(request, 'signature-input', altered(field(request, 'signature-input'), 2)),
  'another value of a parameter': (request) => {
    const input = field(request, 'signature-input')
    const changes: readonly (readonly [RegExp, string])[] = [
      [/created=\d+/, `created=${NOON + 1}`],
      [/created=\d+/, `created=${NOON}.0`],
      [/created=\d+/, `created="${NOON}"`],
      [/;created=\d+/, ''],
      [/expires=\d+/, `expires=${NOON + 3600}`],
      [/;expires=\d+/, ''],
      [/nonce="/, 'nonce="x'],
      [/;nonce="[^"]*"/, ''],
      [/keyid="[^"]*"/, 'keyid="other"'],
      [/;keyid="[^"]*"/, ''],
      [/tag="[^"]*"/, 'tag="other"'],
      [/$/, ';alg="hmac-sha256"'],
      [/$/, ';alg="ed25519"'],
      [/$/, ';new=1'],
      [/$/, `;created=${NOON}`],
    ]
    return fieldVariants(
      request,
      'signature-input',
      changes.map(([from, to]) => input.replace(from, to)),
    )
  },
  'another list of components': (request) => {
    const input = field(request, 'signature-input')
    const list = input.slice(input.indexOf('(') + 1, input.indexOf(')')).split(' ')
    const without = list.map((_, at) => list.filter((__, index) => index !== at))
    const swapped = list.slice(1).map((_, at) => list.with(at, list[at + 1]!).with(at + 1, list[at]!))
    return fieldVariants(
      request,
      'signature-input',
      [...without, ...swapped, [], [...list, '"host"']].map((each) => input.replace(/\(.*\)/, `(${each.join(' ')})`)),
    )
  },
}

const ALGORITHMS = ['ed25519', 'ecdsa-p256-sha256', 'hmac-sha256'] as const

describe.each(ALGORITHMS)('tampered messages under %s (UPV-03)', async (algorithm) => {
  const { privateJwk } = await generateKey(algorithm, 'tamper-key')
  const open = publicJwk(privateJwk)
  const keys = await staticKeys([open.ok ? open.value : privateJwk])
  const request = await signed(ORDER, CONTENT, { jwk: privateJwk })

  it('the message itself is accepted', async () => {
    expect(await verdictOn(request, CONTENT, { keys })).toBe('accepted')
  })

  it.each(Object.entries(CLASSES))('%s: all refused', async (_name, tamper) => {
    const variants = tamper(request)
    expect(variants.length).toBeGreaterThan(3)
    const accepted: unknown[] = []
    for (const variant of variants) if ((await verdictOn(variant.request, variant.content, { keys })) === 'accepted') accepted.push(variant)
    expect(accepted).toEqual([])
  })

  it('there are at least 200 of them, all different', () => {
    const all = Object.values(CLASSES).flatMap((tamper) => tamper(request))
    const different = new Set(all.map((each) => JSON.stringify([each.request, [...each.content]])))
    expect(different.size).toBe(all.length)
    expect(all.length).toBeGreaterThanOrEqual(200)
    console.log(`${algorithm}: ${all.length} tampered messages in ${Object.keys(CLASSES).length} classes`)
  })
})
