import { expect, test } from 'vitest'
import { decodeRecord, encodeRecord, type CredentialRecord } from './record.ts'

const RECORD: CredentialRecord = {
  kind: { is: 'secret' },
  placement: { kind: 'header', name: 'x-api-key', prefix: 'Key ' },
  origins: ['https://a.example'],
  value: Uint8Array.from([0, 255, 123, 125]),
}

test('VLT-14 a record gives back value, placement and origins as they were, whatever bytes the value has', () => {
  expect(decodeRecord(encodeRecord(RECORD))).toEqual(RECORD)
})

test('the value is a copy: zeroing the plaintext does not take it away', () => {
  const plaintext = encodeRecord(RECORD)
  const decoded = decodeRecord(plaintext)
  plaintext.fill(0)
  expect(decoded?.value).toEqual(RECORD.value)
})

test('a key that signs has no place on a request, and every other value has one', () => {
  const key: CredentialRecord = { ...RECORD, kind: { is: 'signing-key', algorithm: 'ed25519' }, placement: null }
  expect(decodeRecord(encodeRecord(key))).toEqual(key)
  expect(decodeRecord(encodeRecord({ ...key, placement: RECORD.placement }))).toBeNull()
  expect(decodeRecord(encodeRecord({ ...RECORD, placement: null }))).toBeNull()
})

const GOOD = '{"kind":{"is":"secret"},"placement":"bearer","origins":[]}'
const head = (text: string): Buffer => Buffer.concat([Buffer.from([0, 0, 0, text.length]), Buffer.from(text)])

test.each([
  ['nothing in them', Buffer.alloc(0)],
  ['a length alone', Buffer.from([0, 0, 0, 9])],
  ['a length beyond their end', Buffer.concat([Buffer.from([0, 0, 0, 99]), Buffer.from(GOOD)])],
  ['a head that is no record', head('{}')],
  ['a kind that is none', head(GOOD.replace('secret', 'riddle'))],
  ['no kind', head('{"placement":"bearer","origins":[]}')],
  ['a placement that is none', head(GOOD.replace('bearer', 'nowhere'))],
  ['origins that are no texts', head(GOOD.replace('[]', '[1]'))],
])('bytes with %s are no record', (_, bytes) => {
  expect(decodeRecord(head(GOOD))).not.toBeNull()
  expect(decodeRecord(bytes)).toBeNull()
})
