import { expect, test } from 'vitest'
import { formatListen, isLoopbackHost, parseHttpUrl, parseListen, parseOrigin } from './address.ts'
import { formatDuration, parseDuration, parseSize } from './units.ts'

test.each([
  ['30m', 1_800_000],
  ['12h', 43_200_000],
  ['7 d', 604_800_000],
  ['250ms', 250],
  ['0s', 0],
  ['30', null],
  ['-5m', null],
  ['1.5h', null],
  ['5 minutes', null],
  ['99999999999999d', null],
  ['5constructor', null],
  ['', null],
])('the duration %j is %j ms', (text, ms) => expect(parseDuration(text)).toBe(ms))

test.each([
  ['10MiB', 10_485_760],
  ['512B', 512],
  ['1GiB', 1_073_741_824],
  ['10MB', null],
  ['10', null],
  ['9999999999999GiB', null],
])('the size %j is %j bytes', (text, bytes) => expect(parseSize(text)).toBe(bytes))

test.each([
  [0, '0s'],
  [1500, '1500ms'],
  [60_000, '1m'],
  [86_400_000, '1d'],
  [5_400_000, '90m'],
])('%j ms are written %j', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})

test.each([
  ['8080', { host: null, port: 8080 }],
  [':8080', { host: null, port: 8080 }],
  ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
  ['[::1]:9090', { host: '::1', port: 9090 }],
  ['localhost:80', { host: 'localhost', port: 80 }],
  ['localhost', null],
  ['127.0.0.1:65536', null],
  ['1.2.3:80', null],
  ['::1:80', null],
  ['a b:80', null],
  ['http://x:80', null],
])('the listener %j is %j', (text, expected) => {
  expect(parseListen(text)).toEqual(expected)
  if (expected !== null) expect(parseListen(formatListen(expected))).toEqual(expected)
})

test.each([
  ['localhost', true],
  ['127.9.9.9', true],
  ['[::1]', true],
  ['::1', true],
  ['app.localhost', true],
  ['localhost.example.com', false],
  ['10.0.0.1', false],
  ['0.0.0.0', false],
  [null, false],
])('is %j only this machine? %j', (host, expected) => expect(isLoopbackHost(host)).toBe(expected))

test.each([
  'ftp://x',
  'https://u@x',
  'https://x/?q',
  'https://x/#f',
  'https://x?',
  'https:x',
  '//x',
  'https://',
  'https://a\\b',
  'javascript:1',
])('%j is no URL for an upstream', (text) => {
  expect(parseHttpUrl(text)).toBeNull()
})

test.each([
  ['https://APP.example.com:443', 'https://app.example.com'],
  ['http://localhost:3000/', 'http://localhost:3000'],
  ['https://x/y', null],
  ['null', null],
  ['*', null],
])('the origin %j is %j', (text, expected) => {
  expect(parseOrigin(text)).toBe(expected)
})
