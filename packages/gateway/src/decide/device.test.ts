import { describe, expect, test } from 'vitest'
import { isKnownDevice, withLogin } from './device.ts'

describe('devices that signed in before', () => {
  const device = withLogin(withLogin(null, 'device-1', 'ada', 100), 'device-2', 'bob', 200)

  test('PWD-11 a device is known for the accounts that signed in there', () => {
    expect(device.id).toBe('device-1')
    expect(isKnownDevice(device, 'ada', 50)).toBe(true)
    expect(isKnownDevice(device, 'bob', null)).toBe(true)
    expect(isKnownDevice(device, 'eve', null)).toBe(false)
    expect(isKnownDevice(null, 'ada', null)).toBe(false)
  })

  test('PWD-11 whoever signed in with an older password is a stranger', () => {
    expect(isKnownDevice(device, 'ada', 101)).toBe(false)
    expect(isKnownDevice(withLogin(device, 'x', 'ada', 150), 'ada', 101)).toBe(true)
  })

  test('COO-08 the cookie stays short: five accounts, each once', () => {
    let full = device
    for (const account of ['ada', 'c', 'd', 'e', 'f', 'g', 'ada']) full = withLogin(full, 'x', account, 300)
    expect(full.logins.map((login) => login.account)).toEqual(['ada', 'g', 'f', 'e', 'd'])
  })
})
