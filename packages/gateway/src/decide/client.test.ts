import { describe, expect, test } from 'vitest'
import { clientOf, readPeer } from './client.ts'
import { headersOf } from './headers.ts'
import { parseRange } from './ip.ts'

const trusted = ['10.0.0.0/8', '2001:db8::/32'].map((text) => parseRange(text)!)
const seen = (address: string, fields: readonly (readonly [string, string])[], ranges = trusted) =>
  clientOf(readPeer(address, false), headersOf(fields), ranges)

describe('HDR-02 the visitor is the socket, unless a named proxy says otherwise', () => {
  test.each([
    ['203.0.113.9', '1.1.1.1', '203.0.113.9'],
    ['10.0.0.1', '198.51.100.7', '198.51.100.7'],
    ['::ffff:10.0.0.1', '198.51.100.7', '198.51.100.7'],
    // The left part was written by the visitor himself.
    ['10.0.0.1', '1.1.1.1, 198.51.100.7', '198.51.100.7'],
    ['10.0.0.1', '1.1.1.1, 198.51.100.7, 10.0.0.2', '198.51.100.7'],
    ['10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['10.0.0.1', 'rubbish', '10.0.0.1'],
    ['10.0.0.1', '198.51.100.7, rubbish', '10.0.0.1'],
    ['10.0.0.1', '', '10.0.0.1'],
    ['10.0.0.1', '1.1.1.1, 198.51.100.7:50123', '198.51.100.7'],
    ['10.0.0.1', '[2001:db9::7]:50123', '2001:db9::7'],
    ['10.0.0.1', '[2001:db9::7]', '2001:db9::7'],
    ['10.0.0.1', '198.51.100.7:', '10.0.0.1'],
    ['10.0.0.1', '198.51.100.7:1:2', '10.0.0.1'],
    ['10.0.0.1', '[198.51.100.7', '10.0.0.1'],
    ['fe80::1%eth0', '1.1.1.1', 'fe80::1'],
  ])('peer %s, list %j → %s', (peer, list, expected) => expect(seen(peer, [['X-Forwarded-For', list]]).address).toBe(expected))

  test('a fresh install trusts nobody', () => {
    expect(
      seen(
        '127.0.0.1',
        [
          ['X-Forwarded-For', '1.1.1.1'],
          ['X-Forwarded-Proto', 'https'],
        ],
        [],
      ),
    ).toEqual({ address: '127.0.0.1', scheme: 'http' })
  })
  test('fields sent twice are one list', () => {
    expect(
      seen('10.0.0.1', [
        ['X-Forwarded-For', '1.1.1.1'],
        ['x-forwarded-for', '198.51.100.7'],
      ]).address,
    ).toBe('198.51.100.7')
  })
})

describe('TLS-08 the scheme is the socket’s, unless a named proxy says otherwise', () => {
  test.each([
    ['203.0.113.9', 'https', 'http'],
    ['10.0.0.1', 'https', 'https'],
    ['10.0.0.1', 'HTTPS', 'https'],
    ['10.0.0.1', 'https, http', 'http'],
    ['10.0.0.1', 'httpsx', 'http'],
  ])('peer %s, proto %s → %s', (peer, proto, scheme) => expect(seen(peer, [['X-Forwarded-Proto', proto]]).scheme).toBe(scheme))
  test('a TLS socket is https whatever is claimed', () => {
    expect(clientOf(readPeer('10.0.0.1', true), headersOf([['X-Forwarded-Proto', 'http']]), trusted).scheme).toBe('https')
  })
})
