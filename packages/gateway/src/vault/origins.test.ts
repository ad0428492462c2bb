import { expect, test } from 'vitest'
import { readOrigins } from './origins.ts'

test.each([
  ['https://api.example.com', 'https://api.example.com'],
  ['https://api.example.com/', 'https://api.example.com'],
  ['https://API.Example.com:443', 'https://api.example.com'],
  ['https://api.example.com:8443', 'https://api.example.com:8443'],
  ['http://127.0.0.1:4010', 'http://127.0.0.1:4010'],
  ['http://[::1]:4010', 'http://[::1]:4010'],
])('VLT-14 %s is an origin', (given, expected) => {
  expect(readOrigins([given])).toEqual([expected])
})

test.each([
  'api.example.com',
  'https://api.example.com/v1',
  'https://api.example.com?x=1',
  'https://api.example.com#x',
  'https://shop@api.example.com',
  'https://api.example.com@evil.example',
  'https://*.example.com',
  'https:\\\\api.example.com',
  'https:///api.example.com',
  ' https://api.example.com',
  'https://api.example.com\t.evil.example',
  'ftp://api.example.com',
  'javascript:alert(1)',
  'https://',
  'https://api.example.com:99999',
  '',
])('VLT-14 %j is refused as an origin', (given) => {
  expect(readOrigins([given])).toBeNull()
})

test('VLT-14 one bad origin spoils the list, an empty list is none, and repeats count once', () => {
  expect(readOrigins(['https://a.example', 'https://b.example/x'])).toBeNull()
  expect(readOrigins([])).toBeNull()
  expect(readOrigins(['https://a.example', 'https://A.example/'])).toEqual(['https://a.example'])
})
