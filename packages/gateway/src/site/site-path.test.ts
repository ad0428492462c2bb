import { array, assert, constantFrom, property } from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalTarget } from '../decide/head.ts'
import { readSitePath } from './site-path.ts'

test.each([
  ['/', [], true],
  ['/index.html', ['index.html'], false],
  ['/docs/', ['docs'], true],
  ['/a/b/c.css', ['a', 'b', 'c.css'], false],
  ['/caf%C3%A9%20menu.html', ['café menu.html'], false],
  ['/.well-known/security.txt', ['.well-known', 'security.txt'], false],
  ['/a~b/@scope/x(1).js', ['a~b', '@scope', 'x(1).js'], false],
])('%s is read as names', (path, segments, folder) => {
  expect(readSitePath(path)).toEqual({ segments, folder })
})

test.each([
  '/../x',
  '/a/../../x',
  '/..',
  '/.',
  '/%2E%2E/x',
  '/a%2Fb',
  '/a%5Cb',
  '/a\\b',
  '/x%00.html',
  '/x%0A',
  '/x%7F',
  '/%C3',
  '/%E0%A4%A',
  '/.git/config',
  '/.env',
  '/a/.htpasswd',
  '/a/.well-known/x',
  '/..%2Fx',
  '//x',
  '/a//b',
  '/C:/windows',
  '/index.html::$DATA',
  '/server.key',
  '/server.key.',
  '/server.key%20',
  '/SERVER.KEY',
  '/x.pem',
  '/x.p12',
  '/main.key.gz',
  '/data/hot.sqlite',
  '/data/hot.sqlite-wal',
  '/hot.db-shm',
  '/cloakroom.yaml',
  '/Cloakroom.YML',
  '/cloakroom.yaml.bak',
  '/cloakroom.yaml~',
  '/guard.yaml',
  '/x/cloakroom.yaml',
])('%s is never looked up', (path) => {
  expect(readSitePath(path)).toBeNull()
})

test('no canonical path gives a name that climbs, hides or holds a separator', () => {
  const piece = constantFrom(
    '.',
    '..',
    '%2e',
    '%2E',
    '%2f',
    '%5c',
    '%25',
    '\\',
    '/',
    'a',
    '.git',
    '%00',
    '%c3%a9',
    ':',
    ' ',
    '%20',
    ';',
    '~',
  )
  assert(
    property(array(piece, { maxLength: 12 }), (pieces) => {
      const raw = `/${pieces.join('')}`
      const target = canonicalTarget(raw)
      const read = readSitePath(target.kind === 'target' ? target.path : raw)
      for (const name of read?.segments ?? []) expect(name).not.toMatch(/^\.(?!well-known$)|[/\\\u0000:]|^$/)
    }),
    { numRuns: 2000 },
  )
})
