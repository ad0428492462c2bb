import { describe, expect, test } from 'vitest'
import { makeHead, makePolicy } from '../../test/fixtures.ts'
import { refuseSender, senderOf } from './origin.ts'

const policy = makePolicy({ allowedOrigins: ['https://app.shop.example'] })
const judged = (method: string, headers: Record<string, string>) => {
  const head = makeHead({ method, headers })
  return refuseSender(head, senderOf(head, policy)) ?? 'passed'
}

describe('CSRF-02 Sec-Fetch-Site decides first', () => {
  test.each([
    [{ 'sec-fetch-site': 'same-origin' }, 'passed'],
    [{ 'sec-fetch-site': 'none' }, 'passed'],
    [{ 'sec-fetch-site': 'same-site' }, 'cross_site'],
    [{ 'sec-fetch-site': 'cross-site' }, 'cross_site'],
    [{ 'sec-fetch-site': 'Same-Origin' }, 'cross_site'],
    [{ 'sec-fetch-site': '' }, 'cross_site'],
    [{ 'sec-fetch-site': 'same-origin', origin: 'https://shop.example' }, 'passed'],
    [{ 'sec-fetch-site': 'same-origin', origin: 'https://evil.example' }, 'cross_site'],
    [{ 'sec-fetch-site': 'cross-site', 'x-csrf': '1' }, 'cross_site'],
  ])('POST %j → %s', (headers, expected) => expect(judged('POST', headers as never)).toBe(expected))
})

describe('CSRF-03 without it, the whole Origin must be ours: scheme, host and port', () => {
  test.each([
    ['https://shop.example', 'passed'],
    ['http://shop.example', 'cross_site'],
    ['https://shop.example:8443', 'cross_site'],
    ['https://shop.example.evil.example', 'cross_site'],
    ['https://xshop.example', 'cross_site'],
    ['HTTPS://SHOP.EXAMPLE', 'cross_site'],
    ['null', 'cross_site'],
    ['', 'cross_site'],
  ])('Origin %s → %s', (origin, expected) => expect(judged('POST', { origin })).toBe(expected))
})

describe('CSRF-04 CSRF-05 a sender that says nothing about itself', () => {
  test('may read', () => expect(judged('GET', {})).toBe('passed'))
  test('may not write', () => expect(judged('POST', {})).toBe('csrf_header_missing'))
  test('may write with the static field, which no form can send', () => expect(judged('DELETE', { 'x-csrf': '1' })).toBe('passed'))
  test('may not write with another value of it', () => expect(judged('POST', { 'x-csrf': 'true' })).toBe('csrf_header_missing'))
})

describe('CSRF-13 an allowed origin is compared as a whole', () => {
  test.each([
    ['https://app.shop.example', 'passed'],
    ['https://app.shop.example.evil.example', 'cross_site'],
    ['http://app.shop.example', 'cross_site'],
    ['https://app.shop.example:444', 'cross_site'],
    ['https://APP.shop.example', 'cross_site'],
  ])('%s → %s', (origin, expected) => expect(judged('POST', { 'sec-fetch-site': 'same-site', origin })).toBe(expected))
})
