import { leaks, type Placement } from '../decide/credential.ts'
import type { Instant } from '../decide/head.ts'
import { Secret } from '../decide/secret.ts'
import type { Later } from '../lib/later.ts'
import type { OpenCredential, VaultVersion } from '../parts.ts'

/** Plaintext for a moment: so long as it is here, a busy route pays for opening and for the needles once a second, not per call. */
export interface Leases {
  find(name: string, origin: string, at: Instant): OpenCredential | null
  /** Takes the record's value over. Not used beyond `until`. */
  start(name: string, record: PlacedValue, at: Instant, until: Instant): OpenCredential
  /** Forgets all: what nobody holds is zeroed now, the rest when its last holder releases it. */
  drop(): void
}

/** A value that goes on requests, and where. */
export interface PlacedValue {
  /** The vault's version that it is, or of which it was made; null for what is not the vault's. */
  readonly of: VaultVersion | null
  readonly placement: Placement
  readonly origins: readonly string[]
  readonly value: Uint8Array
}

export function createLeases(later: Later): Leases {
  const leases = new Map<string, Lease>()

  function forget(lease: Lease): void {
    if (leases.get(lease.name) === lease) leases.delete(lease.name)
    lease.callOff()
    lease.forgotten = true
    wipeIfDone(lease)
  }

  return {
    find(name, origin, at) {
      const lease = leases.get(name)
      return lease !== undefined && lease.from <= at && at < lease.until && lease.origins.includes(origin) ? take(lease) : null
    },
    start(name, { of, placement, origins, value }, at, until) {
      const earlier = leases.get(name)
      if (earlier !== undefined) forget(earlier)
      const secret = new Secret(value)
      // Without calls nobody looks at the clock: the timer is what empties the memory of a route that has gone quiet.
      const callOff = later(() => forget(lease), LEASE_MS)
      const held = { holders: 0, forgotten: false, callOff }
      const lease: Lease = {
        ...held,
        name,
        of,
        placement,
        origins,
        secret,
        needles: leaks(placement, secret),
        from: at,
        until: Math.min(at + LEASE_MS, until),
      }
      leases.set(name, lease)
      return take(lease)
    },
    drop() {
      for (const lease of leases.values()) forget(lease)
    },
  }
}

interface Lease {
  readonly name: string
  readonly of: VaultVersion | null
  readonly placement: Placement
  readonly origins: readonly string[]
  readonly secret: Secret
  readonly needles: readonly Uint8Array[]
  readonly from: Instant
  readonly until: Instant
  readonly callOff: () => void
  holders: number
  forgotten: boolean
}

/** A revocation in this or another process is seen through the store's revision, at once; this only bounds how long plaintext stays. */
export const LEASE_MS = 1000

function take(lease: Lease): OpenCredential {
  lease.holders++
  let held = true
  return {
    placement: lease.placement,
    secret: lease.secret,
    origins: lease.origins,
    needles: lease.needles,
    from: lease.of,
    release() {
      if (!held) return
      held = false
      lease.holders--
      wipeIfDone(lease)
    },
  }
}

function wipeIfDone(lease: Lease): void {
  if (!lease.forgotten || lease.holders > 0) return
  lease.secret.wipe()
  for (const needle of lease.needles) needle.fill(0)
}
