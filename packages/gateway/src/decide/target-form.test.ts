import { expect, test } from 'vitest'
import { readTargetForm } from './target-form.ts'

const AT = { method: 'GET', scheme: 'http', host: 'shop.example:8080' }

test.each([
  ['/a?b', '/a?b'],
  ['//evil.example/a', '//evil.example/a'],
  ['http://shop.example:8080/a?b', '/a?b'],
  ['HTTP://SHOP.example:8080/a', '/a'],
  ['http://shop.example:8080', '/'],
  ['http://shop.example:8080?b', '/?b'],
  ['http://shop.example:8080//evil.example', '//evil.example'],
])('HTTP-07 %s asks this origin for %s', (raw, target) => {
  expect(readTargetForm(raw, AT)).toEqual({ kind: 'origin', target })
})

test.each([
  'http://evil.example/a',
  'https://shop.example:8080/a',
  'http://shop.example/a',
  'http://user@shop.example:8080/a',
  'http://shop.example:8080@evil.example/a',
  'http://shop.example:8080#/a',
  'http:///a',
  'http:/a',
  'ftp://shop.example:8080/a',
  'shop.example:8080',
  'a/b',
  '',
  '*',
  '?a',
])('HTTP-07 %j asks for something else', (raw) => {
  expect(readTargetForm(raw, AT)).toEqual({ kind: 'refused' })
})

test('HTTP-07 a default port may be said or left out', () => {
  expect(readTargetForm('http://shop.example:80/a', { ...AT, host: 'shop.example' })).toEqual({ kind: 'origin', target: '/a' })
  expect(readTargetForm('https://shop.example/a', { ...AT, scheme: 'https', host: 'shop.example:443' })).toEqual({
    kind: 'origin',
    target: '/a',
  })
})

test('HTTP-17 only OPTIONS may ask for the server itself', () => {
  expect(readTargetForm('*', { ...AT, method: 'OPTIONS' })).toEqual({ kind: 'asterisk' })
})
