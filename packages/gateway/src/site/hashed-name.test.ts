import { expect, test } from 'vitest'
import { isHashedName } from './hashed-name.ts'

test.each([
  'index-DkE9x2Qa.js',
  'index-B_r4-9Xc.css',
  'logo-Cx3fTq1Z.svg',
  'main.3f2a91bc.css',
  'runtime~main.0a1b2c3d4e5f.js',
  'chunk-5QAWCVTP.js',
  '3f2a91bcd0e1f203.js',
  'index-DkE9x2Qa.js.map',
  'app.4f3c2b1a0d9e8f7a6b5c.chunk.css'.replace('.chunk', ''),
])('%s carries a hash and is kept for a year', (name) => {
  expect(isHashedName(name)).toBe(true)
})

test.each([
  'index.html',
  'index-DkE9x2Qa.html',
  'app.js',
  'my-component.js',
  'my-settings.css',
  'user-Settings.js',
  'report-20260101.pdf',
  'summer-version2.js',
  'jquery-3.7.1.min.js',
  'foo-fooBarBa.js',
  'a-b-c-de.js',
  'x-1-22-333.js',
  'photo-SUMMER24.jpg',
  'deadbeef',
  'feedface-decade.js',
  'data.json',
  'bootstrap.min.css',
  'favicon.ico',
  'sw.js',
  'service-worker.js',
])('%s carries none: browsers ask each time', (name) => {
  expect(isHashedName(name)).toBe(false)
})
