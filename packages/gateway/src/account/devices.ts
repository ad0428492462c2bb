import { DEVICE_COOKIE, readCookie } from '../decide/cookies.ts'
import { type Device, withLogin } from '../decide/device.ts'
import type { Instant, RequestHead } from '../decide/head.ts'
import type { AccountId } from '../decide/session.ts'
import type { Random } from '../lib/random.ts'
import { writeCookie } from '../session/cookie.ts'
import type { Sealer } from '../session/sealed.ts'

/** Remembers in the browser who signed in there: its wrong passwords are counted apart from strangers' (PWD-11). */
export interface Devices {
  /** Null for none, for a cookie that is not ours, and for two of them. */
  open(head: RequestHead): Device | null
  /** The Set-Cookie line after a login. */
  remember(device: Device | null, account: AccountId, at: Instant): string
}

export function createDevices(sealer: Sealer, random: Random): Devices {
  return {
    open({ headers, at }) {
      const cookie = readCookie(headers, DEVICE_COOKIE)
      return cookie.kind === 'one' ? readDevice(sealer.open(cookie.value, at)) : null
    },
    remember(device, account, at) {
      const known = withLogin(device, random(16).toString('base64url'), account, at)
      return writeCookie({ name: DEVICE_COOKIE, value: sealer.seal(JSON.stringify(known), at + KEEP_MS), maxAgeMs: KEEP_MS })
    },
  }
}

/** 180 days: it opens nothing, and browsers keep none for more than 400. */
const KEEP_MS = 180 * 24 * 3_600_000

/** What was sealed is ours; what another version of ours sealed may have another shape. */
function readDevice(text: string | null): Device | null {
  if (text === null) return null
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'object' || value === null || !('id' in value) || !('logins' in value)) return null
  const { id, logins } = value
  if (typeof id !== 'string' || !Array.isArray(logins)) return null
  const isLogin = (login: unknown): login is Device['logins'][number] =>
    typeof login === 'object' &&
    login !== null &&
    'account' in login &&
    'at' in login &&
    typeof login.account === 'string' &&
    typeof login.at === 'number'
  return logins.every(isLogin) ? { id, logins } : null
}
