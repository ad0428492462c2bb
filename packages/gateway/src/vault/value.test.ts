import { expect, test } from 'vitest'
import { parsePlacement } from '../decide/credential.ts'
import { notesOn, readValue } from './value.ts'

const USABLE = [
  ['sk-live-0123456789', 'bearer', 'sk-live-0123456789'],
  ['sk-live-0123456789\n', 'bearer', 'sk-live-0123456789'],
  ['  sk-live-0123456789 \r\n', 'header:x-api-key', 'sk-live-0123456789'],
  ['\uFEFFsk-live-0123456789', 'bearer', 'sk-live-0123456789'],
  ['a b c d e f g h', 'query:key', 'a b c d e f g h'],
  ['ключ-от-всего', 'bearer', 'ключ-от-всего'],
  ['shop:s3cret-s3cret', 'basic', 'shop:s3cret-s3cret'],
  ['s3cret-s3cret', 'basic:shop', 's3cret-s3cret'],
  ['short', 'bearer', 'short'],
] as const

test.each(USABLE)('the secret %j can be placed as %s', (given, placement, expected) => {
  const reading = readValue(Buffer.from(given), { is: 'secret' }, parsePlacement(placement))
  expect(reading.kind === 'usable' ? Buffer.from(reading.value).toString() : reading).toBe(expected)
})

const REFUSED = [
  ['', 'bearer', 'value_empty'],
  [' \n\t\r\n', 'bearer', 'value_empty'],
  ['one-secret\nanother-secret', 'bearer', 'value_not_text'],
  ['sk-live\r\nx-injected: 1', 'header:x-api-key', 'value_not_text'],
  ['s\0k\0-\0l\0i\0v\0e\0', 'bearer', 'value_not_text'],
  ['sk-live-\u007f0123456', 'query:key', 'value_not_text'],
  ['sk-live-\t0123456', 'bearer', 'value_not_text'],
  ['Bearer sk-live-0123456789', 'bearer', 'value_has_scheme'],
  ['bearer sk-live-0123456789', 'header:authorization', 'value_has_scheme'],
  ['Basic c2hvcDpzM2NyZXQ=', 'basic:shop', 'value_has_scheme'],
  ['s3cret-without-a-user', 'basic', 'value_lacks_user'],
  ['x'.repeat(8001), 'bearer', 'value_too_long'],
] as const

test.each(REFUSED)('the secret %j is refused as %s with %s and with what to do', (given, placement, code) => {
  const reading = readValue(Buffer.from(given), { is: 'secret' }, parsePlacement(placement))
  expect(reading).toMatchObject({ kind: 'refused', code })
  expect(JSON.stringify(reading)).not.toContain('0123456')
})

test('VLT-08 a trimmed and a short secret are taken with a note that does not repeat them', () => {
  expect(notesOn(Buffer.from('sk-live-0123456789'), 'secret')).toEqual([])
  expect(notesOn(Buffer.from('tiny-key\n'), 'secret').map((note) => note.code)).toEqual(['value_trimmed', 'value_short'])
  expect(JSON.stringify(notesOn(Buffer.from('tiny-key\n'), 'secret'))).not.toContain('tiny-key')
})
