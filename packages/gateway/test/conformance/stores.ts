import { afterEach, beforeEach, describe } from 'vitest'
import type { Awaitable } from '../../src/lib/awaitable.ts'
import type { Stores } from '../../src/store/store.ts'
import { accountsConform } from './accounts.ts'
import { auditConforms } from './audit.ts'
import { bansConform } from './bans.ts'
import { countersConform } from './counters.ts'
import { factorsConform } from './factors.ts'
import { machineKeysConform } from './machine-keys.ts'
import { grantsConform } from './grants.ts'
import { identitiesConform } from './identities.ts'
import { decisionsConform } from './decisions.ts'
import { denialsConform } from './denials.ts'
import { holdsConform } from './holds.ts'
import { lockdownConforms } from './lockdown.ts'
import { mintedConforms } from './minted.ts'
import { noncesConform } from './nonces.ts'
import { resetsConform } from './resets.ts'
import { sessionsConform } from './sessions.ts'
import { signalsConform } from './signals.ts'
import { usesConform } from './uses.ts'
import { vaultConforms } from './vault.ts'

/** What every store owes. `make` gives an empty store for each test; it is closed after it. */
export function describeStores(name: string, make: () => Awaitable<Stores>): void {
  describe(name, () => {
    let stores: Stores
    beforeEach(async () => {
      stores = await make()
    })
    afterEach(() => stores.close())
    describe('sessions', () => sessionsConform(() => stores.sessions))
    describe('counters', () => countersConform(() => stores.counters))
    describe('signals', () => signalsConform(() => stores.counters))
    describe('denials', () => denialsConform(() => stores.denials))
    describe('nonces', () => noncesConform(() => stores.nonces))
    describe('grants', () => grantsConform(() => stores.grants))
    describe('identities', () => identitiesConform(() => stores.identities))
    describe('bans', () => bansConform(() => stores.bans))
    describe('decisions', () => decisionsConform(() => stores.decisions))
    describe('uses of credentials', () => usesConform(() => stores.uses))
    describe('minted credentials', () => mintedConforms(() => stores.minted))
    describe('accounts', () => accountsConform(() => stores.accounts))
    describe('links that were mailed', () => resetsConform(() => stores.resets))
    describe('factors', () => factorsConform(() => stores.factors))
    describe('machine keys', () => machineKeysConform(() => stores.machineKeys))
    describe('vault', () => vaultConforms(() => stores.vault))
    describe('holds', () => holdsConform(() => stores.holds))
    describe('lockdown', () => lockdownConforms(() => stores.lockdown))
    describe('audit', () => auditConforms(() => stores.audit))
  })
}
