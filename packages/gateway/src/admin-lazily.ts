import type { IncomingMessage } from 'node:http'
import type { AdminApi } from './admin/admin-api.ts'
import { createSetupCode, type MadeSetupCode, NO_SETUP_CODE } from './admin/setup-code.ts'
import type { Answer } from './answer.ts'
import type { Composed } from './compose.ts'
import { healthProbes } from './health-probes.ts'
import type { Clock } from './lib/clock.ts'
import type { Later } from './lib/later.ts'
import type { Random } from './lib/random.ts'
import type { AdminStores } from './store/admin-stores.ts'
import { SWEEP_ROWS, type Stores } from './store/store.ts'
import type { Vault } from './vault/vault.ts'

export interface AdminLazily {
  /** For the terminal, once; null where there is an administrator. */
  readonly setupCode: string | null
  answer(request: IncomingMessage, requestId: string): Promise<Answer>
  close(): Promise<void>
}

export interface AdminLazilyOptions {
  readonly composed: Composed
  readonly stores: Stores
  readonly vault: Vault
  readonly clock: Clock
  readonly random: Random
  readonly later: Later
  readonly onNotice: (text: string) => void
  /** Was there ever an administrator? Opens nothing. */
  readonly hasStores: () => boolean
  readonly openStores: () => AdminStores
}

/** The Admin API, opened when it is first asked: a gateway that nobody administers holds neither its code nor its files. Null where it is off. */
export function openAdminLazily({
  composed,
  stores,
  vault,
  clock,
  random,
  later,
  hasStores,
  openStores: openNew,
  onNotice,
}: AdminLazilyOptions): AdminLazily | null {
  if (!composed.config().admin.api) return null
  let setup: MadeSetupCode | null = null
  let adminStores: AdminStores | null = null
  let opening: Promise<AdminApi> | null = null
  let sweptAt = 0

  function openStores(): AdminStores {
    adminStores ??= openNew()
    return adminStores
  }

  async function open(): Promise<AdminApi> {
    const [{ createAdminApi }, { openAdmin }] = await Promise.all([import('./admin/admin-api.ts'), import('./admin/open.ts')])
    const { audit, policy, config, forAdmins } = composed
    const probes = healthProbes({ stores, vault, audit, clock })
    const shared = { ...forAdmins, stores, vault, audit, policy, config, clock, random, later, probes }
    return createAdminApi(openAdmin({ ...shared, adminStores: openStores(), setup: setup ?? NO_SETUP_CODE }), (cause) =>
      onNotice(String(cause)),
    )
  }

  /** Now and then, when somebody asks: there is no more to forget than what was asked. */
  async function sweep(): Promise<void> {
    const at = clock()
    if (at - sweptAt < HOUR_MS) return
    sweptAt = at
    const { sessions, counters, nonces } = openStores()
    for (const one of [() => sessions.sweep(at - DAY_MS, at - DAY_MS), () => counters.sweep(at), () => nonces.sweep(at)])
      while ((await one()) >= SWEEP_ROWS);
  }

  if (!hasStores() || isEmpty()) setup = createSetupCode(random, clock)

  /** Looked up and closed again: whether anybody will ask is not known yet. */
  function isEmpty(): boolean {
    const looked = openNew()
    const rows = looked.accounts.page('', '', 1)
    void looked.close()
    return !(rows instanceof Promise) && rows.length === 0
  }

  return {
    setupCode: setup?.text ?? null,
    async answer(request, requestId) {
      // What failed to open is tried again with the next request.
      opening ??= open().catch((cause: unknown) => {
        opening = null
        throw cause
      })
      const api = await opening
      await sweep()
      return await api(request, requestId)
    },
    async close() {
      await adminStores?.close()
      adminStores = null
    },
  }
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
