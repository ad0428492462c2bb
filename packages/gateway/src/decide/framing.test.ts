import { describe, expect, test } from 'vitest'
import { readFraming } from './framing.ts'
import { type HeaderField, headersOf } from './headers.ts'

const HOST: HeaderField = ['Host', 'Shop.Example:8080']

function read(fields: readonly HeaderField[], method = 'POST', version = '1.1') {
  return readFraming(headersOf(fields), method, version)
}

describe('HTTP-05 one Host field that names a host', () => {
  test.each<[why: string, fields: HeaderField[]]>([
    ['none', []],
    ['two', [HOST, ['host', 'evil.example']]],
    ['two that are equal', [HOST, HOST]],
    ['empty', [['Host', '']]],
    ['a user', [['Host', 'user@shop.example']]],
    ['a user and a password', [['Host', 'user:pass@shop.example']]],
    ['a path', [['Host', 'shop.example/path']]],
    ['a query', [['Host', 'shop.example?x']]],
    ['a fragment', [['Host', 'shop.example#x']]],
    ['a list', [['Host', 'shop.example, evil.example']]],
    ['a scheme', [['Host', 'http://shop.example']]],
    ['a space', [['Host', 'shop.example evil.example']]],
    ['a port that is none', [['Host', 'shop.example:port']]],
    ['an empty port', [['Host', 'shop.example:']]],
    ['a port beyond 65535', [['Host', 'shop.example:65536']]],
    ['two ports', [['Host', 'shop.example:80:81']]],
    ['an IPv6 address without brackets', [['Host', '::1']]],
    ['half a bracket', [['Host', '[::1']]],
    ['an encoded character', [['Host', 'shop%2eexample']]],
    ['a letter that is not ASCII', [['Host', 'sh\u00f6p.example']]],
  ])('%s', (_why, fields) => {
    expect(read(fields, 'GET')).toBe('bad_request')
    expect(read(fields, 'GET', '1.0')).toBe('bad_request')
  })

  test.each(['shop.example', 'shop.example:65535', '127.0.0.1:1', '[::1]', '[::1]:8080', 'a_b.example'])('%s is one', (host) => {
    expect(read([['HOST', host.toUpperCase()]], 'GET')).toEqual({ host, hasBody: false, length: null, expects: false })
  })
})

describe('HTTP-04 HTTP-06 one way to find the end of the body', () => {
  test.each<[fields: HeaderField[], version: string, fault: string]>([
    [[['Transfer-Encoding', 'gzip, chunked']], '1.1', 'transfer_coding_refused'],
    [[['Transfer-Encoding', 'gzip']], '1.1', 'bad_request'],
    [[['Transfer-Encoding', 'identity']], '1.1', 'bad_request'],
    [[['Transfer-Encoding', 'chunked, chunked']], '1.1', 'transfer_coding_refused'],
    [[['Transfer-Encoding', ', chunked']], '1.1', 'transfer_coding_refused'],
    [[['Transfer-Encoding', 'chunked;x=1']], '1.1', 'bad_request'],
    [[['Transfer-Encoding', '']], '1.1', 'bad_request'],
    [[['Transfer-Encoding', 'chunked']], '1.0', 'bad_request'],
    [
      [
        ['Transfer-Encoding', 'chunked'],
        ['Transfer-Encoding', 'chunked'],
      ],
      '1.1',
      'bad_request',
    ],
    [
      [
        ['Transfer-Encoding', 'chunked'],
        ['Content-Length', '5'],
      ],
      '1.1',
      'bad_request',
    ],
    [
      [
        ['Content-Length', '5'],
        ['Content-Length', '5'],
      ],
      '1.1',
      'bad_request',
    ],
    ...['', '-1', '+5', '5, 5', '0x5', '5 ', '1_0', '005', '00', '5.0', '1e3', '9999999999999999'].map(
      (length): [HeaderField[], string, string] => [[['Content-Length', length]], '1.1', 'bad_request'],
    ),
    [[['Transfer_Encoding', 'chunked']], '1.1', 'bad_request'],
    [[['Content_Length', '5']], '1.1', 'bad_request'],
    [
      [
        ['Content-Type', 'text/plain'],
        ['Content-Type', 'text/html'],
      ],
      '1.1',
      'bad_request',
    ],
    [[], '0.9', 'bad_request'],
    [[], '2.0', 'version_refused'],
    [[['Expect', '200-ok']], '1.1', 'expectation_failed'],
    [[['Expect', '100-continue, more']], '1.1', 'expectation_failed'],
  ])('%j in HTTP/%s is %s', (fields, version, fault) => {
    expect(read([HOST, ...fields], 'POST', version)).toBe(fault)
  })

  test.each<[fields: HeaderField[], version: string, hasBody: boolean, length: number | null, expects: boolean]>([
    [[], '1.1', false, null, false],
    [[['Content-Length', '0']], '1.1', false, 0, false],
    [[['Content-Length', '5']], '1.0', true, 5, false],
    [[['Transfer-Encoding', 'Chunked']], '1.1', true, null, false],
    [
      [
        ['Content-Length', '5'],
        ['Expect', '100-Continue'],
      ],
      '1.1',
      true,
      5,
      true,
    ],
    [
      [
        ['Content-Length', '5'],
        ['Expect', '100-continue'],
      ],
      '1.0',
      true,
      5,
      false,
    ],
  ])('%j in HTTP/%s is taken', (fields, version, hasBody, length, expects) => {
    expect(read([HOST, ...fields], 'POST', version)).toEqual({ host: 'shop.example:8080', hasBody, length, expects })
  })
})

test.each(['GET', 'HEAD', 'OPTIONS', 'TRACE'])('HTTP-24 %s has no body', (method) => {
  expect(read([HOST, ['Content-Length', '1']], method)).toBe('bad_request')
  expect(read([HOST, ['Transfer-Encoding', 'chunked']], method)).toBe('bad_request')
  expect(read([HOST, ['Content-Length', '0']], method)).toMatchObject({ hasBody: false })
})
