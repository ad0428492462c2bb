import type { Instant } from './head.ts'
import type { AccountId } from './session.ts'

/** A browser that signed in before, as its sealed cookie says. It opens nothing; it has its own counters. */
export interface Device {
  readonly id: string
  /** Who signed in there and when; the latest first. */
  readonly logins: readonly DeviceLogin[]
}

export interface DeviceLogin {
  readonly account: AccountId
  readonly at: Instant
}

/** Did this account sign in there, with the password that it has now? Whoever knew an older one is a stranger again. */
export function isKnownDevice(device: Device | null, account: AccountId, passwordChangedAt: Instant | null): boolean {
  return device?.logins.some((login) => login.account === account && login.at >= (passwordChangedAt ?? 0)) ?? false
}

/** The device after one more login. `freshId` names a device that was not known. */
export function withLogin(device: Device | null, freshId: string, account: AccountId, at: Instant): Device {
  const others = (device?.logins ?? []).filter((login) => login.account !== account)
  return { id: device?.id ?? freshId, logins: [{ account, at }, ...others].slice(0, PEOPLE) }
}

/** A family's tablet; more would make the cookie long. */
const PEOPLE = 5
