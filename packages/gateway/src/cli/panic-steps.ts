import { makeSigningKey } from '../vault/signing-key.ts'
import { openSessions } from './open-sessions.ts'
import type { OpenedVault } from './open.ts'
import { denyAllJwts } from '../session/deny-jwts.ts'
import type { World } from './world.ts'

interface PanicStep {
  readonly name: string
  /** What it did, for a person. */
  readonly run: (world: World, opened: OpenedVault) => Promise<string>
}

/** What ends for good, in this order. Each can be done again. */
export const PANIC_STEPS: readonly PanicStep[] = [
  { name: 'sessions', run: endSessions },
  { name: 'JWTs', run: endJwts },
  { name: 'provider tokens', run: forgetGrants },
  { name: 'machine keys', run: endMachineKeys },
  { name: 'signing keys', run: replaceSigningKeys },
]

/** By account, not by session: raising an account's generation also ends a session that begins while this runs. */
async function endSessions(world: World, opened: OpenedVault): Promise<string> {
  const { sessions } = openSessions(opened, world)
  let ended = 0
  for (const { id } of await opened.stores.accounts.list()) ended += await sessions.endAll(id, world.clock(), 'ended-by-owner')
  return `${ended} ended`
}

async function endJwts(world: World, opened: OpenedVault): Promise<string> {
  await denyAllJwts(world.clock(), opened.config, opened.stores.denials)
  return 'none that was issued until now counts'
}

async function forgetGrants(_world: World, { stores }: OpenedVault): Promise<string> {
  return `${await stores.grants.removeAll()} deleted`
}

async function endMachineKeys(world: World, opened: OpenedVault): Promise<string> {
  const { machineKeys } = opened.stores
  let ended = 0
  for (const { id, name, revokedAt } of await machineKeys.list()) {
    if (revokedAt !== null || !(await machineKeys.revoke(id, world.clock()))) continue
    await opened.note({ kind: 'machine_key.revoked', target: name, reason: 'panic', detail: { id } })
    ended += 1
  }
  return `${ended} ended`
}

/** Shared keys are known to the API as well and cannot be replaced from here alone: they are revoked, and calls that need them wait for a new one. */
async function replaceSigningKeys(world: World, opened: OpenedVault): Promise<string> {
  const { vault } = opened
  let replaced = 0
  const gone: string[] = []
  for (const { name, kind, versions } of await vault.list()) {
    if (kind.is !== 'signing-key' || versions.every(({ state }) => state === 'revoked')) continue
    const old = versions.filter(({ state }) => state !== 'revoked').map(({ version }) => version)
    const at = world.clock()
    if (kind.algorithm === 'hmac-sha256') gone.push(name)
    else {
      const value = makeSigningKey(kind.algorithm, world.random)
      const made = await vault.rotate(name, { is: 'signing-key', value, notBefore: null, retireAfterMs: 0 }, at)
      if (made.kind === 'refused') throw new Error(made.text)
      await opened.note({ kind: 'key.rotated', target: name, reason: 'panic' })
      replaced += 1
    }
    for (const version of old) {
      await vault.revoke(name, version, at)
      await opened.note({ kind: 'key.revoked', target: name, reason: 'panic', detail: { version, ended: version } })
    }
  }
  return `${replaced} replaced${gone.length === 0 ? '' : `; shared ones revoked, make new ones: ${gone.join(', ')}`}`
}
