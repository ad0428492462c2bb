import type { Cause } from '../account/accounts.ts'
import type { ManageParts } from '../admin/manage-admins.ts'
import { openAdminSignIn } from '../admin/open.ts'
import type { AdminSignIn } from '../admin/parts.ts'
import { NO_SETUP_CODE } from '../admin/setup-code.ts'
import { COMMAND } from '../audit/event.ts'
import { openAdminSqlite } from '../store/sqlite/open-admin.ts'
import { withVault } from './open.ts'
import type { Outcome } from './outcome.ts'
import type { World } from './world.ts'

export interface AdminTools {
  readonly parts: ManageParts & { readonly admins: AdminSignIn }
  readonly cause: Cause
}

/** Runs `work` on the administrators, who are in files of their own beside the store's. */
export async function withAdmins(world: World, file: string, work: (tools: AdminTools) => Promise<Outcome>): Promise<Outcome> {
  return await withVault(world, file, async ({ config, audit, vault }) => {
    const stores = openAdminSqlite(config.store, world.clock)
    const { random } = world
    try {
      const deriveKey = (purpose: string) => vault.deriveKey(purpose)
      const admins = openAdminSignIn({ stores, deriveKey, audit, random, setup: NO_SETUP_CODE, config: () => config })
      return await work({ parts: { admins, audit, random }, cause: { at: world.clock(), actor: COMMAND } })
    } finally {
      await stores.close()
    }
  })
}
