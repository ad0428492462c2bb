import { expect, test } from 'vitest'
import { disarmed } from './active-content.ts'
import type { HeaderField } from './headers.ts'

const of = (type: string, ...more: HeaderField[]): readonly HeaderField[] => [['content-type', type], ...more]

test.each([
  'text/html',
  'Text/HTML; charset=utf-8',
  'application/xhtml+xml',
  'image/svg+xml',
  'text/xml',
  'application/xml',
  'application/rss+xml',
  'text/xsl',
  'multipart/x-mixed-replace; boundary=x',
  'text/plain, text/html',
  'application/json, text/html',
])('HDR-12 %s is saved, not shown', (type) => {
  expect(disarmed(of(type))).toEqual([...of(type), ['content-disposition', 'attachment']])
})

test.each([
  'text/javascript',
  'application/javascript; charset=utf-8',
  'application/x-javascript',
  'text/ecmascript',
  'text/javascript1.5',
  'text/jscript',
  'text/livescript',
  'text/html, text/javascript',
])('CSRF-18 %s is plain text', (type) => {
  expect(disarmed(of(type, ['etag', '"1"']))).toEqual([
    ['etag', '"1"'],
    ['content-type', 'text/plain; charset=utf-8'],
  ])
})

test('HDR-12 CSRF-18 of two content types the more dangerous one counts', () => {
  expect(disarmed([...of('application/json'), ...of('text/html')]).at(-1)).toEqual(['content-disposition', 'attachment'])
  expect(disarmed([...of('text/html'), ...of('text/javascript'), ...of('text/html')])).toEqual([
    ['content-type', 'text/plain; charset=utf-8'],
  ])
})

test('HDR-12 a download keeps its name, and an inline one becomes a download', () => {
  const named: HeaderField = ['content-disposition', 'attachment; filename="a.html"']
  expect(disarmed(of('text/html', named))).toEqual(of('text/html', named))
  expect(disarmed(of('text/html', ['content-disposition', 'inline; filename="a.html"'])).at(-1)).toEqual([
    'content-disposition',
    'attachment',
  ])
  expect(disarmed(of('text/html', ['content-disposition', 'attachments'])).at(-1)).toEqual(['content-disposition', 'attachment'])
})

test.each([
  'application/json',
  'application/problem+json',
  'text/plain',
  'text/csv',
  'image/png',
  'text/event-stream',
  'application/pdf',
  '',
])('%s passes as it is', (type) => {
  const headers = of(type)
  expect(disarmed(headers)).toBe(headers)
})
