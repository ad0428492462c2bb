import { expect, test } from 'vitest'
import { manualLater } from '../../test/fakes/later.ts'
import { createLeases, type PlacedValue } from './leases.ts'

const ORIGIN = 'https://api.example.com'

function record(): PlacedValue {
  return {
    of: { name: 'k', version: 1 },
    placement: { kind: 'bearer' },
    origins: [ORIGIN],
    value: Uint8Array.from(Buffer.from('sk-live-0123456789')),
  }
}

function isZero(...buffers: readonly Uint8Array[]): boolean {
  return buffers.every((buffer) => buffer.length > 0 && buffer.every((byte) => byte === 0))
}

test('calls within a second share one plaintext; it is zeroed after its second, once the last of them is done', () => {
  const time = manualLater()
  const leases = createLeases(time.later)
  const first = leases.start('k', record(), 0, Infinity)
  const second = leases.find('k', ORIGIN, 999)
  expect(second?.secret).toBe(first.secret)
  first.release()
  time.pass(1000)
  expect(isZero(first.secret.reveal())).toBe(false)
  second?.release()
  expect(isZero(first.secret.reveal(), ...first.needles)).toBe(true)
  expect(leases.find('k', ORIGIN, 1)).toBeNull()
})

test('a plaintext that nobody holds is zeroed when its second is over, without any further call', () => {
  const time = manualLater()
  const opened = createLeases(time.later).start('k', record(), 0, Infinity)
  opened.release()
  time.pass(1000)
  expect(isZero(opened.secret.reveal(), ...opened.needles)).toBe(true)
})

test('a release counts once, however often it is called', () => {
  const leases = createLeases(manualLater().later)
  const first = leases.start('k', record(), 0, Infinity)
  const second = leases.find('k', ORIGIN, 0)
  first.release()
  first.release()
  leases.drop()
  expect(isZero(first.secret.reveal())).toBe(false)
  second?.release()
  expect(isZero(first.secret.reveal())).toBe(true)
})

test.each([
  ['before it was opened', ORIGIN, -1],
  ['a second later', ORIGIN, 1000],
  ['after the version has ended', ORIGIN, 500],
  ['for another origin', 'https://api.example.com.evil.example', 0],
])('VLT-14 a plaintext is not handed out %s', (_, origin, at) => {
  const leases = createLeases(manualLater().later)
  leases.start('k', record(), 0, 500)
  expect(leases.find('k', ORIGIN, 499)).not.toBeNull()
  expect(leases.find('k', origin, at)).toBeNull()
})

test('opening anew forgets the plaintext before, and its timer does not touch the new one', () => {
  const time = manualLater()
  const leases = createLeases(time.later)
  const first = leases.start('k', record(), 0, Infinity)
  first.release()
  time.pass(500)
  const second = leases.start('k', record(), 600, Infinity)
  expect(isZero(first.secret.reveal())).toBe(true)
  time.pass(600)
  expect(isZero(second.secret.reveal())).toBe(false)
  expect(time.waiting()).toEqual([400])
})
