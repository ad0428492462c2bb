import type { Instant } from '../decide/head.ts'
import type { Clock } from '../lib/clock.ts'
import type { Later } from '../lib/later.ts'
import type { MintedRow, MintStore } from '../store/store.ts'
import { askForGrant, type GrantParts } from './grant.ts'
import type { Keyring } from './keyring.ts'
import type { OAuthClient } from './oauth-client.ts'
import { generationOf, seal, unseal, type Binding } from './seal.ts'

/** An access token, the caller's to zero. Not used from `until` on. */
export interface Minted {
  readonly value: Uint8Array
  readonly until: Instant
}

export interface MintJob {
  readonly name: string
  readonly version: number
  readonly client: OAuthClient
  /** The client secret, for the time of the call. */
  readonly secret: Uint8Array
  /** The API did not take this one: it does not count any more. */
  readonly rejected: Uint8Array | null
}

export interface MintParts extends GrantParts {
  readonly store: MintStore
  readonly keyring: Keyring
  readonly clock: Clock
  readonly later: Later
}

/** Why there is no access token, for the operator. */
export class MintFailure extends Error {}

/**
 * Access tokens by client credentials: one for all requests of all processes on one store, renewed before it ends, sealed at rest. Of many
 * who need one at the same time one asks; if he dies the next one does. After a failure nobody asks for a while.
 */
export interface Minter {
  /** Rejects with MintFailure. */
  current(job: MintJob): Promise<Minted>
}

export function createMinter(parts: MintParts): Minter {
  const { store, keyring, clock, later, random } = parts
  const running = new Map<string, Promise<void>>()
  const holder = random(9).toString('base64url')

  async function current(job: MintJob): Promise<Minted> {
    const key = keyOf(job)
    const at = clock()
    const row = await store.find(key)
    const held = usable(row, job, at)
    if (held === null) {
      await once(key, job)
      const after = await store.find(key)
      const made = usable(after, job, clock())
      if (after !== null && made !== null) return { value: made, until: after.expiresAt }
      throw new MintFailure('what was minted has ended already')
    }
    // Still good: whoever comes first renews it beside the requests, and nobody waits.
    if (row !== null && at >= row.refreshAt && at >= row.failedUntil) {
      const copy = { ...job, secret: Uint8Array.from(job.secret) }
      void once(key, copy)
        .catch(() => undefined)
        .finally(() => copy.secret.fill(0))
    }
    return { value: held, until: row?.expiresAt ?? at }
  }

  /** Single flight within this process. */
  function once(key: string, job: MintJob): Promise<void> {
    const under = running.get(key)
    if (under !== undefined) return under
    const flight = across(key, job).finally(() => running.delete(key))
    running.set(key, flight)
    return flight
  }

  /** And across processes: who has the lease asks, everybody else looks what comes of it. */
  async function across(key: string, job: MintJob): Promise<void> {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const at = clock()
      const row = await store.find(key)
      const held = usable(row, job, at)
      if (row !== null && held !== null && at < row.refreshAt) return
      if (row !== null && at < row.failedUntil) throw new MintFailure('the last attempt failed a moment ago')
      if (await store.lease(key, holder, at, at + LEASE_MS)) return await ask(key, job, row)
      await new Promise<void>((done) => later(done, POLL_MS))
    }
    throw new MintFailure('another process is asking, and does not finish')
  }

  async function ask(key: string, job: MintJob, before: MintedRow | null): Promise<void> {
    const grant = await askForGrant(job.client, job.secret, clock(), parts)
    const at = clock()
    if (grant.kind === 'refused') {
      const kept = before !== null && usable(before, job, at) !== null ? before : { sealed: null, expiresAt: 0, refreshAt: 0 }
      await store.settle(key, holder, {
        sealed: kept.sealed,
        expiresAt: kept.expiresAt,
        refreshAt: kept.refreshAt,
        failedUntil: at + COOL_DOWN_MS,
      })
      throw new MintFailure(grant.detail)
    }
    const value = Uint8Array.from(Buffer.from(grant.accessToken))
    const newest = keyring.newest()
    const { lifeMs } = grant
    await store.settle(key, holder, {
      sealed: seal(newest.key, newest.number, bindingOf(keyring, job), value, random),
      expiresAt: Math.floor(at + lifeMs - Math.min(MARGIN_MS, lifeMs / 10)),
      refreshAt: at + earlyEnough(lifeMs, random(1)[0] ?? 0),
      failedUntil: 0,
    })
    value.fill(0)
  }

  function usable(row: MintedRow | null, job: MintJob, at: Instant): Uint8Array | null {
    if (row === null || row.sealed === null || at >= row.expiresAt) return null
    const key = keyring.find(generationOf(row.sealed) ?? -1)
    const value = key === null ? null : unseal(key, row.sealed, bindingOf(keyring, job))
    if (value === null || (job.rejected !== null && value.equals(job.rejected))) return null
    return value
  }

  return { current }
}

/** Longer than an exchange may take, so that a lease that has ended means a holder that died. */
const LEASE_MS = 15_000
const POLL_MS = 100
/** Twice a lease. */
const MOST_ROUNDS = (2 * LEASE_MS) / POLL_MS
/** An authorization server that is down or has been told a wrong secret is not asked for every request. */
const COOL_DOWN_MS = 30_000
/** Before its end: the request is still on its way then, and two clocks differ. */
const MARGIN_MS = 10_000

/** At four fifths of its life or a minute before its end, up to a tenth earlier: processes that began together do not ask together. */
function earlyEnough(lifeMs: number, chance: number): number {
  return Math.floor(Math.min(lifeMs * 0.8, Math.max(lifeMs - 60_000, lifeMs * 0.5)) - lifeMs * 0.1 * (chance / 256))
}

export function keyOf({ name, version }: Pick<MintJob, 'name' | 'version'>): string {
  return `${name}\n${version}`
}

function bindingOf({ vaultId }: Keyring, { name, version }: MintJob): Binding {
  return { kind: 'minted', vaultId, name, version }
}
