import type { EventParts } from '../audit/event.ts'
import type { Config } from '../config/paths.ts'
import type { Instant } from '../decide/head.ts'
import type { RevokeReason } from '../decide/session.ts'
import type { Awaitable } from '../lib/awaitable.ts'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/random.ts'
import { denyAllJwts } from '../session/deny-jwts.ts'
import type { Stores } from '../store/store.ts'
import type { Vault } from '../vault/vault.ts'
import { makeSigningKey } from '../vault/signing-key.ts'

/** What a panic ends, from the command line or from a running gateway. */
export interface PanicParts {
  readonly stores: Pick<Stores, 'denials' | 'grants' | 'machineKeys'>
  readonly vault: Pick<Vault, 'list' | 'rotate' | 'revoke'>
  readonly config: Config
  readonly sessions: { endEveryone(at: Instant, because: RevokeReason): Awaitable<number> }
  /** Ends the administrators' sessions, but not that of whoever asks for this; how many. */
  readonly endAdmins: () => Promise<number>
  /** Into the audit trail, durably. */
  readonly note: (parts: Pick<EventParts, 'kind' | 'target' | 'detail' | 'reason'>) => Promise<void>
  readonly clock: Clock
  readonly random: Random
}

export interface PanicRun {
  /** What each step did, for a person. */
  readonly done: readonly (readonly [step: string, text: string])[]
  /** The steps that failed: to be run again. */
  readonly broken: readonly string[]
}

/** What ends for good, in this order. Whatever fails is said, and the rest is done all the same; each can be done again. */
export async function runPanic(parts: PanicParts): Promise<PanicRun> {
  const done: (readonly [string, string])[] = []
  const broken: string[] = []
  for (const [name, run] of STEPS) {
    try {
      done.push([name, await run(parts)])
    } catch (cause) {
      broken.push(name)
      done.push([name, `FAILED: ${cause instanceof Error ? cause.message : String(cause)}`])
    }
  }
  return { done, broken }
}

const STEPS: readonly (readonly [name: string, run: (parts: PanicParts) => Promise<string>])[] = [
  ['sessions', endSessions],
  ['administrators', async ({ endAdmins }) => `${await endAdmins()} sessions ended`],
  ['JWTs', endJwts],
  ['provider tokens', async ({ stores }) => `${await stores.grants.removeAll()} deleted`],
  ['machine keys', endMachineKeys],
  ['signing keys', replaceSigningKeys],
]

async function endSessions({ sessions, clock }: PanicParts): Promise<string> {
  return `${await sessions.endEveryone(clock(), 'ended-by-owner')} ended`
}

async function endJwts({ clock, config, stores }: PanicParts): Promise<string> {
  await denyAllJwts(clock(), config, stores.denials)
  return 'none that was issued until now counts'
}

async function endMachineKeys({ stores: { machineKeys }, clock, note }: PanicParts): Promise<string> {
  let ended = 0
  for (const { id, name, revokedAt } of await machineKeys.list()) {
    if (revokedAt !== null || !(await machineKeys.revoke(id, clock()))) continue
    await note({ kind: 'machine_key.revoked', target: name, reason: 'panic', detail: { id } })
    ended += 1
  }
  return `${ended} ended`
}

/** Shared keys are known to the API as well and cannot be replaced from here alone: they are revoked, and calls that need them wait for a new one. */
async function replaceSigningKeys({ vault, clock, random, note }: PanicParts): Promise<string> {
  let replaced = 0
  const gone: string[] = []
  for (const { name, kind, versions } of await vault.list()) {
    if (kind.is !== 'signing-key' || versions.every(({ state }) => state === 'revoked')) continue
    const old = versions.filter(({ state }) => state !== 'revoked').map(({ version }) => version)
    const at = clock()
    if (kind.algorithm === 'hmac-sha256') gone.push(name)
    else {
      const value = makeSigningKey(kind.algorithm, random)
      const made = await vault.rotate(name, { is: 'signing-key', value, notBefore: null, retireAfterMs: 0 }, at)
      if (made.kind === 'refused') throw new Error(made.text)
      await note({ kind: 'key.rotated', target: name, reason: 'panic' })
      replaced += 1
    }
    for (const version of old) {
      await vault.revoke(name, version, at)
      await note({ kind: 'key.revoked', target: name, reason: 'panic', detail: { version, ended: version } })
    }
  }
  return `${replaced} replaced${gone.length === 0 ? '' : `; shared ones revoked, make new ones: ${gone.join(', ')}`}`
}
