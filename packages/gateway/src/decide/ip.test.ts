import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { contains, formatAddress, isLoopback, networkOf, parseAddress, parseRange } from './ip.ts'

describe('addresses', () => {
  test.each([
    ['1.2.3.4', '1.2.3.4'],
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['::ffff:102:304', '1.2.3.4'],
    ['::1', '::1'],
    ['::', '::'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['fe80::', 'fe80::'],
    ['64:ff9b::1.2.3.4', '64:ff9b::102:304'],
  ])('%s is %s', (text, canonical) => expect(formatAddress(parseAddress(text)!)).toBe(canonical))

  test.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '01.2.3.4',
    '1.2.3.256',
    '1.2.3.-4',
    '0x1.2.3.4',
    '1:2',
    '1::2::3',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    '[::1]',
    'fe80::1%eth0',
    ' 1.2.3.4',
    'g::',
    '1:2:3:4:5:6:7::8',
  ])('%j is none', (text) => expect(parseAddress(text)).toBeNull())

  test('what is written can be read back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        expect(parseAddress(formatAddress(bytes))).toEqual(bytes)
      }),
    )
  })
})

describe('ranges', () => {
  const within = (range: string, address: string) => contains([parseRange(range)!], parseAddress(address)!)
  test.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.0.0.0/8', '::ffff:10.1.2.3', true],
    ['1.2.3.4', '::ffff:1.2.3.4', true],
    ['2001:db8::/33', '2001:db8:7fff::1', true],
    ['2001:db8::/33', '2001:db8:8000::1', false],
    ['0.0.0.0/0', '9.9.9.9', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['::/0', '9.9.9.9', true],
    ['10.1.2.3/8', '10.9.9.9', true],
  ])('%s holds %s: %s', (range, address, expected) => expect(within(range, address)).toBe(expected))
  test.each(['10.0.0.0/33', '10.0.0.0/x', '10.0.0.0/', '::/129', '10.0.0.0/8/8', 'x/8'])('%j is none', (text) =>
    expect(parseRange(text)).toBeNull(),
  )
})

test('an IPv6 customer counts as one, whichever of his addresses he takes', () => {
  expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe(networkOf('2001:db8:1:2:ffff::1'))
  expect(networkOf('2001:db8:1:3::1')).not.toBe(networkOf('2001:db8:1:2::1'))
  expect(networkOf('1.2.3.4')).toBe('1.2.3.4')
})

test('loopback', () => {
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1']) expect(isLoopback(parseAddress(address)!)).toBe(true)
  for (const address of ['128.0.0.1', '::2', '::', '10.0.0.1']) expect(isLoopback(parseAddress(address)!)).toBe(false)
})
