import { counterKey, type Hit, type Limit } from './counters.ts'
import { customerOf, networkOf } from './ip.ts'

/** On whose account a wrong password is put: a network's, or that of a device which signed in before. */
export type Lane = { readonly kind: 'network'; readonly address: string } | { readonly kind: 'device'; readonly device: string }

/**
 * The counters of one attempt, to be asked one after the other until one is over: a ladder, whose higher rungs hold more attempts and
 * give them back more slowly. `who` is the folded name, whether there is such an account or not: both are throttled alike.
 */
export function attemptHits(who: string, lane: Lane): readonly Hit[] {
  if (lane.kind === 'device') return ladder(RUNGS, 'login-device', who, lane.device)
  const customer = customerOf(lane.address)
  // Behind the network's own: who is refused there must not use up what his neighbours have.
  return [
    ...ladder(RUNGS, 'login', who, networkOf(lane.address)),
    ...(customer === null ? [] : ladder(CUSTOMER_RUNGS, 'login-customer', who, customer)),
  ]
}

/** Asked before a device's own ladder: when it is over, the device is a stranger's. It may have been sold or stolen. */
export function deviceHit(who: string, device: string): Hit {
  return { key: counterKey('login-device', who, device), limit: DEVICE, keepMs: DEVICE.perMs }
}

/** Guessing the current password in a session that was left open: per account, wherever it comes from. */
export function changeHits(account: string): readonly Hit[] {
  return ladder(RUNGS, 'password-change', account)
}

/** Confirming who one is in a session that was left open: per account, and apart from the change of the password. */
export function stepUpHits(account: string): readonly Hit[] {
  return ladder(RUNGS, 'step-up', account)
}

/** Codes of a second factor, shown with the right password: six digits must not be found by trying. Per account, wherever they come from. */
export function codeHits(account: string): readonly Hit[] {
  return CODE_RUNGS.map((limit, rung) => ({
    key: counterKey('second-factor', account, String(rung)),
    limit,
    keepMs: limit.perMs * limit.burst,
  }))
}

/** One password tried on many names: all attempts of one network, right ones included, so that an own account does not clear it. */
export function sprayHits(address: string): readonly Hit[] {
  const customer = customerOf(address)
  const network: Hit = { key: counterKey('login-network', networkOf(address)), limit: SPRAY, keepMs: SPRAY.perMs * 2 }
  if (customer === null) return [network]
  return [network, { key: counterKey('login-customer', customer), limit: CUSTOMER_SPRAY, keepMs: CUSTOMER_SPRAY.perMs * 2 }]
}

/** Links to a new password, of one account: enough for a letter that got lost, too few to fill a letter box. */
export function resetHits(account: string): readonly Hit[] {
  return RESET_RUNGS.map((limit, rung) => ({ key: counterKey('reset', account, String(rung)), limit, keepMs: limit.perMs * limit.burst }))
}

/** Asking for such links, for whichever accounts: from one network, and from one IPv6 /48. */
export function forgotHits(address: string): readonly Hit[] {
  const customer = customerOf(address)
  const network: Hit = { key: counterKey('forgot-network', networkOf(address)), limit: FORGOT, keepMs: FORGOT.perMs * 2 }
  if (customer === null) return [network]
  return [network, { key: counterKey('forgot-customer', customer), limit: CUSTOMER_FORGOT, keepMs: CUSTOMER_FORGOT.perMs * 2 }]
}

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** The fifth failure in a row costs 5 s, the eighth half a minute, the twelfth 5 minutes, the twentieth an hour each. */
export const RUNGS: readonly Limit[] = [
  { burst: 5, max: 1, perMs: 5 * SECOND_MS },
  { burst: 8, max: 1, perMs: 30 * SECOND_MS },
  { burst: 12, max: 1, perMs: 5 * MINUTE_MS },
  { burst: 20, max: 1, perMs: HOUR_MS },
]

/** Of one name from one IPv6 /48: twice as many. The fortieth costs an hour, so that no customer reaches the lock of decide/login.ts within a night. */
const CUSTOMER_RUNGS: readonly Limit[] = [
  { burst: 10, max: 1, perMs: 5 * SECOND_MS },
  { burst: 16, max: 1, perMs: 30 * SECOND_MS },
  { burst: 24, max: 1, perMs: 5 * MINUTE_MS },
  { burst: 40, max: 1, perMs: HOUR_MS },
]

/** Never more than ten within five minutes, and no more than the 100 of NIST SP 800-63B-4 §3.2.2 in a year without a right one. */
export const CODE_RUNGS: readonly Limit[] = [
  { burst: 5, max: 1, perMs: 30 * SECOND_MS },
  { burst: 9, max: 1, perMs: 5 * MINUTE_MS },
  { burst: 20, max: 1, perMs: HOUR_MS },
  { burst: 99, max: 1, perMs: 365 * DAY_MS },
]

/** Together with the lock of decide/login.ts no more than the 100 of NIST SP 800-63B-4 §3.2.2. Kept for a year. */
export const DEVICE: Limit = { burst: 50, max: 1, perMs: 365 * DAY_MS }

/** A company behind one address signs in within the hour; beyond that it is one attempt every two seconds. */
export const SPRAY: Limit = { burst: 300, max: 1800, perMs: HOUR_MS }

/** Three at once, then one in ten minutes; of a day no more than twelve. */
export const RESET_RUNGS: readonly Limit[] = [
  { burst: 3, max: 1, perMs: 10 * MINUTE_MS },
  { burst: 12, max: 12, perMs: DAY_MS },
]

/** An office behind one address; a script that asks for every address of a list gets no further. */
export const FORGOT: Limit = { burst: 20, max: 60, perMs: HOUR_MS }
const CUSTOMER_FORGOT: Limit = { burst: 160, max: 480, perMs: HOUR_MS }

/** Eight times: a provider may put many customers into one /48. */
const CUSTOMER_SPRAY: Limit = { burst: 2400, max: 14_400, perMs: HOUR_MS }

function ladder(rungs: readonly Limit[], ...parts: readonly string[]): readonly Hit[] {
  return rungs.map((limit, rung) => ({ key: counterKey(...parts, String(rung)), limit, keepMs: limit.perMs * limit.burst }))
}
