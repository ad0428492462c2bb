import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatPlacement, leaks, parsePlacement, place, type Placement } from './credential.ts'
import { foldName, type HeaderField } from './headers.ts'
import type { OutboundHead } from './outbound.ts'
import { Secret } from './secret.ts'

const secret = (text: string): Secret => new Secret(Uint8Array.from(Buffer.from(text, 'latin1')))
const request = (headers: readonly HeaderField[] = [], query = ''): OutboundHead => ({
  method: 'GET',
  origin: 'https://api.example.com',
  path: '/',
  query,
  headers,
})

describe('placements', () => {
  test.each<[string, Placement]>([
    ['bearer', { kind: 'bearer' }],
    ['header:x-api-key', { kind: 'header', name: 'x-api-key', prefix: '' }],
    ['header:authorization=Token ', { kind: 'header', name: 'authorization', prefix: 'Token ' }],
    ['header:x-key=a=b', { kind: 'header', name: 'x-key', prefix: 'a=b' }],
    ['query:api_key', { kind: 'query', name: 'api_key' }],
    ['basic', { kind: 'basic', user: null }],
    ['basic:ada', { kind: 'basic', user: 'ada' }],
  ])('%s is read, and written the same', (text, placement) => {
    expect(parsePlacement(text)).toEqual(placement)
    expect(formatPlacement(placement)).toBe(text)
  })

  test.each([
    '',
    'Bearer',
    'bearer:',
    'bearer:x',
    'header',
    'header:',
    'header:x y',
    'header:x_y',
    'query',
    'query:',
    'query:a b',
    'query:a&b',
    'basic:',
    'basic:a:b',
    'cookie:x',
  ])('%j is none', (text) => {
    expect(parsePlacement(text)).toBeNull()
  })

  test.each(['Host', 'Content-Length', 'Transfer-Encoding', 'Connection', 'Expect', 'TE', 'X-Request-Id', 'User-Agent', 'Range'])(
    'HTTP-14 the field %s frames or steers a request, and holds no secret',
    (name) => {
      expect(parsePlacement(`header:${name}`)).toBeNull()
    },
  )

  test.each(['header:x-key=a\r\nb', 'header:x-key=caf\u00e9', 'basic:a\nb'])('HDR-14 %j would split a field', (text) => {
    expect(parsePlacement(text)).toBeNull()
  })
})

describe('place', () => {
  test.each<[Placement, HeaderField]>([
    [{ kind: 'bearer' }, ['authorization', 'Bearer s3cret']],
    [{ kind: 'header', name: 'x-api-key', prefix: '' }, ['x-api-key', 's3cret']],
    [{ kind: 'header', name: 'authorization', prefix: 'Token ' }, ['authorization', 'Token s3cret']],
    [{ kind: 'basic', user: 'ada' }, ['authorization', 'Basic YWRhOnMzY3JldA==']],
  ])('%j writes %j', (placement, field) => {
    expect(place(request([['accept', '*/*']]), placement, secret('s3cret')).headers).toEqual([['accept', '*/*'], field])
  })

  test('basic without a user takes the secret for the whole pair', () => {
    expect(place(request(), { kind: 'basic', user: null }, secret('ada:s3cret')).headers).toEqual([
      ['authorization', 'Basic YWRhOnMzY3JldA=='],
    ])
  })

  test('query appends the parameter, encoded, and keeps what was there', () => {
    const placed = place(request([], 'a=%41&b'), { kind: 'query', name: 'key' }, secret('a+b/c=&d'))
    expect(placed.query).toBe('a=%41&b&key=a%2Bb%2Fc%3D%26d')
    expect(place(request([], 'KEY=evil'), { kind: 'query', name: 'key' }, secret('x')).query).toBe('key=x')
  })

  const spelling = (name: string): fc.Arbitrary<string> =>
    fc
      .array(fc.boolean(), { minLength: name.length, maxLength: name.length })
      .map((flips) =>
        Array.from(name, (character, at) => (flips[at] === true ? (character === '-' ? '_' : character.toUpperCase()) : character)).join(
          '',
        ),
      )
  const names = fc.oneof(spelling('authorization'), spelling('x-api-key'), fc.constantFrom('accept', 'range', 'x-other'))
  const placements = fc.constantFrom<Placement>(
    { kind: 'bearer' },
    { kind: 'header', name: 'x-api-key', prefix: '' },
    { kind: 'query', name: 'x-api-key' },
    { kind: 'basic', user: 'ada' },
  )

  test('VLT-10 whatever was on the request in whatever spelling: the placed credential is there exactly once', () => {
    fc.assert(
      fc.property(fc.array(names), fc.array(spelling('x-api-key')), placements, (fields, parameters, placement) => {
        const query = parameters.map((name) => `${name}=evil`).join('&')
        const placed = place(
          request(
            fields.map((name) => [name, 'evil']),
            query,
          ),
          placement,
          secret('s3cret-value'),
        )
        const name = placement.kind === 'query' ? null : placement.kind === 'header' ? placement.name : 'authorization'
        const sameName = placed.headers.filter(([own]) => name !== null && foldName(own) === name)
        if (name !== null) expect(sameName).toHaveLength(1)
        if (placement.kind === 'query') {
          expect(placed.query).toBe('x-api-key=s3cret-value')
          expect(placed.headers.filter(([own]) => foldName(own) === 'authorization')).toEqual([])
        }
        expect(sameName.join()).not.toContain('evil')
      }),
    )
  })
})

describe('leaks', () => {
  const found = (placement: Placement, value: string): string[] =>
    leaks(placement, secret(value)).map((needle) => Buffer.from(needle).toString('latin1'))

  test('VLT-07 hold the secret itself and what was rendered from it', () => {
    expect(found({ kind: 'bearer' }, 's3cret-0123456789')).toContain('s3cret-0123456789')
    const basic = found({ kind: 'basic', user: 'ada' }, 's3cret-0123456789')
    expect(basic).toContain('s3cret-0123456789')
    expect(basic).toContain(Buffer.from('ada:s3cret-0123456789').toString('base64'))
  })

  test('VLT-07 of a whole pair, the password alone is one as well', () => {
    expect(found({ kind: 'basic', user: null }, 'ada:s3cret-0123456789')).toContain('s3cret-0123456789')
  })
})
